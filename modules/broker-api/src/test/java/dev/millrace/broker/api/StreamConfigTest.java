package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StreamConfigTest {
  @Test
  void defaultsAreThoseOfTheDocumentation() {
    var config = StreamConfig.of("orders");
    assertEquals(1_000_000, config.maxLength());
    assertEquals(100, config.batchSize());
    assertEquals(Duration.ofMinutes(5), config.cleanupInterval());
    assertEquals(Priority.NORMAL, config.priority());
    assertEquals(Optional.empty(), config.maxAge());
    assertEquals(Duration.ofMinutes(10), config.minRetentionTime());
    assertEquals(100, config.minRetentionCount());
    assertEquals(Overflow.block(Duration.ofSeconds(5)), config.overflow());
  }

  @Test
  void allFaultsAreReportedAtOnce() {
    var error =
        assertThrows(
            InvalidConfigException.class,
            () ->
                StreamConfig.builder("or{d}ers")
                    .maxLength(0)
                    .cleanupInterval(Duration.ZERO)
                    .build());
    assertEquals(3, error.faults().size(), error.getMessage());
    assertTrue(error.getMessage().contains("3 faults"), error.getMessage());
    assertTrue(error.getMessage().contains("or{d}ers"), error.getMessage());
    assertTrue(error.getMessage().contains("maxLength is 0"), error.getMessage());
    assertTrue(error.getMessage().contains("cleanupInterval is PT0S"), error.getMessage());
  }

  @Test
  void anExplicitFloorAboveMaxAgeIsAFault() {
    var builder =
        StreamConfig.builder("s")
            .maxAge(Duration.ofMinutes(1))
            .minRetentionTime(Duration.ofMinutes(2));
    assertThrows(InvalidConfigException.class, builder::build);
  }

  @Test
  void aDefaultedFloorShrinksToMaxAge() {
    var config = StreamConfig.builder("s").maxAge(Duration.ofMinutes(1)).maxLength(10).build();
    assertEquals(Duration.ofMinutes(1), config.minRetentionTime());
    assertEquals(10, config.minRetentionCount());
  }

  @Test
  void historyWithGroupsIsAFault() {
    assertThrows(
        InvalidConfigException.class,
        () -> StreamConfig.builder("s").history(true).groups("g").build());
  }

  @Test
  void differencesNameTheSettings() {
    var inForce = StreamConfig.builder("s").maxLength(1000).build();
    var asked = inForce.toBuilder().maxLength(2000).build();
    assertEquals(List.of("maxLength: 1000 in force, 2000 asked for"), inForce.differencesTo(asked));
    assertEquals(inForce, StreamConfig.builder("s").maxLength(1000).build());
  }

  @Test
  void laterChangesOfABuilderDoNotReachWhatItBuilt() {
    var builder = StreamConfig.builder("s").maxLength(5);
    var first = builder.build();
    builder.maxLength(6);
    assertEquals(5, first.maxLength());
    assertEquals(5, first.toBuilder().build().maxLength());
  }

  @Test
  void sendingIsCheckedWithTheRest() {
    var sending =
        SendPolicy.defaults()
            .withDeadline(Duration.ofDays(2))
            .withIdWindow(Duration.ZERO)
            .withDurability(Durability.replicated(0, Duration.ZERO));
    var error =
        assertThrows(
            InvalidConfigException.class,
            () -> StreamConfig.builder("orders").sending(sending).build());
    assertEquals(4, error.faults().size(), error::getMessage);
  }

  @Test
  void sendingIsOneOfTheSettingsThatDiffer() {
    var plain = StreamConfig.builder("orders").sending(SendPolicy.plain()).build();
    var differences = StreamConfig.of("orders").differencesTo(plain);
    assertEquals(1, differences.size());
    assertTrue(differences.getFirst().startsWith("sending: "), differences.getFirst());
    assertEquals(plain, plain.toBuilder().build());
  }
}
