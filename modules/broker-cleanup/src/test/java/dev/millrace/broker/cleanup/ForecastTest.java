package dev.millrace.broker.cleanup;

import static dev.millrace.broker.cleanup.FakeStream.NOW;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming.Memory;
import dev.millrace.broker.api.spi.Trimming.Sample;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ForecastTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static StreamConfig.Builder orders() {
    return StreamConfig.builder("orders").minRetentionTime(Duration.ZERO).minRetentionCount(0);
  }

  private static RetentionReport.Forecast forecast(FakeStream stream, StreamConfig.Builder policy) {
    return Forecast.of(
        stream.inspect("orders", Set.of()).toCompletableFuture().join(),
        policy.build(),
        stream.memory,
        () -> {
          throw new AssertionError("known without counting");
        });
  }

  @Test
  void aYoungStreamsRateIsThatOfItsLife() {
    // 1,001 entries over 1,000 s
    var forecast = forecast(new FakeStream(1_001, SECOND), orders().maxLength(2_000));
    assertEquals(1.001, forecast.addedPerSecond(), 1e-9);
    assertEquals(Optional.of(Duration.ofSeconds(998)), forecast.fullIn());
    assertEquals(OptionalLong.empty(), forecast.settlesAt());
  }

  @Test
  void anOldStreamsRateIsThatOfTheLastDay() {
    var stream = new FakeStream(1_000, Duration.ofHours(1));
    stream.added = 10_000;
    stream.samples.add(new Sample(NOW.minus(Duration.ofHours(30)), 100));
    stream.samples.add(new Sample(NOW.minus(Duration.ofHours(20)), 2_800));
    stream.samples.add(new Sample(NOW.minus(Duration.ofHours(1)), 9_999));
    assertEquals(0.1, forecast(stream, orders()).addedPerSecond(), 1e-9);
  }

  @Test
  void whatWasTrimmedSinceCountsToo() {
    var stream = new FakeStream(100, SECOND);
    stream.added = 7_300;
    stream.samples.add(new Sample(NOW.minus(Duration.ofHours(2)), 100));
    assertEquals(1.0, forecast(stream, orders()).addedPerSecond(), 1e-9);
  }

  @Test
  void aStreamThatIsAlreadyFullIsFullNow() {
    var forecast = forecast(new FakeStream(1_001, SECOND), orders().maxLength(1_001));
    assertEquals(Optional.of(Duration.ZERO), forecast.fullIn());
  }

  @Test
  void maxAgeKeepsAStreamFromItsMaxLength() {
    var forecast =
        forecast(
            new FakeStream(1_001, SECOND),
            orders().maxLength(10_000).maxAge(Duration.ofSeconds(5_000)));
    assertEquals(OptionalLong.of(5_005), forecast.settlesAt());
    assertEquals(Optional.empty(), forecast.fullIn());
    var longer =
        forecast(
            new FakeStream(1_001, SECOND),
            orders().maxLength(10_000).maxAge(Duration.ofSeconds(50_000)));
    assertEquals(OptionalLong.empty(), longer.settlesAt());
    assertEquals(Optional.of(Duration.ofSeconds(8_990)), longer.fullIn());
  }

  @Test
  void aFloorIsWhereItSettlesAtLeast() {
    var forecast =
        forecast(
            new FakeStream(101, SECOND),
            orders().maxLength(10_000).maxAge(Duration.ofSeconds(10)).minRetentionCount(700));
    assertEquals(OptionalLong.of(700), forecast.settlesAt());
  }

  @Test
  void memoryIsFullWhenTheRestOfItIsUsedUp() {
    var stream = new FakeStream(1_001, SECOND);
    stream.bytes = OptionalLong.of(1_001 * 200);
    stream.memory = new Memory(800_000, OptionalLong.of(1_000_000));
    var forecast = forecast(stream, orders());
    assertEquals(OptionalLong.of(200), forecast.bytesPerEntry());
    assertEquals(Optional.of(Duration.ofSeconds(999)), forecast.memoryFullIn());
  }

  @Test
  void memoryDoesNotFillWhereTheStreamStopsGrowingBefore() {
    var stream = new FakeStream(1_001, SECOND);
    stream.bytes = OptionalLong.of(1_001 * 200);
    stream.memory = new Memory(800_000, OptionalLong.of(1_000_000));
    assertEquals(Optional.empty(), forecast(stream, orders().maxLength(1_500)).memoryFullIn());
    var byAge = orders().maxAge(Duration.ofSeconds(1_200));
    assertEquals(Optional.empty(), forecast(stream, byAge).memoryFullIn());
    stream.memory = new Memory(800_000, OptionalLong.empty());
    assertEquals(Optional.empty(), forecast(stream, orders()).memoryFullIn());
  }

  @Test
  void withoutARateNothingEverFills() {
    var stream = new FakeStream(1, SECOND);
    stream.samples.add(new Sample(NOW.minus(Duration.ofHours(20)), 1));
    var forecast = forecast(stream, orders());
    assertEquals(0, forecast.addedPerSecond());
    assertEquals(Optional.empty(), forecast.fullIn());
    assertEquals(Optional.empty(), forecast.memoryFullIn());
  }
}
