package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The scripts as resources: whole, known to the server as we know them, and told of. */
@WithRedis
class ScriptsTest {
  private static List<String> names() throws IOException, URISyntaxException {
    Path folder =
        Path.of(
                Scripts.class
                    .getResource("/dev/millrace/broker/backend/redis/scripts/trim.lua")
                    .toURI())
            .getParent();
    try (var files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".lua"))
          .map(file -> file.substring(0, file.length() - ".lua".length()))
          .sorted()
          .toList();
    }
  }

  @Test
  void everyScriptIsOneThatTheServerTakesUnderTheSameSha1(RedisServer server) throws Exception {
    assertFalse(names().isEmpty());
    for (String name : names()) {
      Script script = Scripts.load(name);
      String body = script.body().replace("\nEFFECT\n", "\n");
      assertEquals(Scripts.of(name, body).sha1(), server.text("SCRIPT", "LOAD", body), name);
    }
  }

  @Test
  void everyScriptTellsItsKeysAndItsResult() throws Exception {
    for (String name : names()) {
      String body = Scripts.load(name).body();
      assertTrue(body.contains("-- KEYS"), name);
      assertTrue(body.contains("-- Result"), name);
    }
  }

  @Test
  void whatAScriptIncludesStandsInItsPlace() {
    String body = Scripts.load("drain").body();
    assertTrue(body.indexOf("-- Moves the oldest") < body.indexOf("local function backlog_of("));
    assertTrue(body.indexOf("local function backlog_of(") < body.indexOf("local limit"));
    assertFalse(body.contains("-- include:"));
  }

  @Test
  void theFirstLineOfAScriptStaysTheFirst() {
    assertTrue(Scripts.load("trim").body().startsWith("#!lua flags=allow-oom\n"));
  }

  @Test
  void aScriptThatIsNotThereIsAnErrorOfThisModule() {
    var error = assertThrows(IllegalArgumentException.class, () -> Scripts.load("nothing"));
    assertTrue(error.getMessage().contains("nothing.lua"), error.getMessage());
  }
}
