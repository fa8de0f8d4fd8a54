package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerVersionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis_version:7.0.0",
        "redis_version:8.2.1",
        "redis_version:10.0",
        "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1",
        "redis_version:unknown",
        ""
      })
  void takesWhatIsNewEnoughOrDoesNotSay(String info) {
    assertEquals(Optional.empty(), ServerVersion.check("redis://h:1", "# Server\r\n" + info));
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis_version:6.2.14", "redis_version:7.2.4\r\nvalkey_version:7.1.9"})
  void refusesWhatIsTooOld(String info) {
    var error =
        assertThrows(BackendException.class, () -> ServerVersion.check("redis://h:1", info));
    assertTrue(error.getMessage().contains("Redis 7.0 or Valkey 7.2"), error.getMessage());
  }

  @Test
  void warnsOfAPolicyThatEvictsStreams() {
    String info = "redis_version:7.0.15\r\nmaxmemory_policy:allkeys-lru";
    assertTrue(ServerVersion.check("redis://h:1", info).orElseThrow().contains("allkeys-lru"));
    assertEquals(
        Optional.empty(),
        ServerVersion.check("r", "redis_version:7.0.15\r\nmaxmemory_policy:noeviction"));
  }

  @Test
  void warnsOfEvictionOfWhatHasALifetime() {
    String info = "redis_version:7.0.15\r\nmaxmemory_policy:volatile-ttl";
    assertTrue(ServerVersion.check("redis://h:1", info).orElseThrow().contains("stored twice"));
  }
}
