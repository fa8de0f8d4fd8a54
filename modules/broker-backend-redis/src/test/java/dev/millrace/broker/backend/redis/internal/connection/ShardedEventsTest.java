package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShardedEventsTest {
  private static final List<Object> COMMAND = List.of("spublish", 3L);

  private static BackendException refused(List<?> known) {
    return assertThrows(
        BackendException.class, () -> ShardedEvents.check("redis-cluster://h:1", known));
  }

  @Test
  void takesAServerThatKnowsTheCommands() {
    assertDoesNotThrow(() -> ShardedEvents.check("redis-cluster://h:1", List.of(COMMAND, COMMAND)));
  }

  @Test
  void refusesOneThatDoesNot() {
    for (List<?> known :
        List.of(
            Arrays.asList(COMMAND, null),
            Arrays.asList(null, null),
            List.of(COMMAND, List.of()),
            List.of())) {
      BackendException error = refused(known);
      assertEquals("VERSION", error.code());
      assertTrue(error.getMessage().contains("events=sharded"), error.getMessage());
      assertTrue(error.getMessage().contains("Use events=plain"), error.getMessage());
    }
  }
}
