package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryUrlTest {
  private final MemoryBackendProvider provider = new MemoryBackendProvider();

  @Test
  void answersToMemoryOnly() {
    assertEquals(Set.of("memory"), provider.schemes());
  }

  @ParameterizedTest
  @ValueSource(strings = {"memory:", "MEMORY:", "memory:orders", "memory:Orders_2.test-a"})
  void opensWhatTheGrammarAllows(String url) {
    try (Backend backend = open(url)) {
      assertEquals("memory:" + url.substring(7), backend.name());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memory://",
        "memory://localhost",
        "memory:a/b",
        "memory:a?size=3",
        "memory:a b",
        "memory: ",
        "memory:a:b",
        "memory:ö",
        "redis://localhost"
      })
  void refusesAnythingElseWithTheGrammar(String url) {
    InvalidConfigException refusal = assertThrows(InvalidConfigException.class, () -> open(url));
    assertTrue(refusal.getMessage().contains("memory:NAME"), refusal.getMessage());
  }

  @Test
  void refusesANameThatIsTooLong() {
    open("memory:" + "a".repeat(64)).close();
    assertThrows(InvalidConfigException.class, () -> open("memory:" + "a".repeat(65)));
  }

  @Test
  void keepsSecretsOutOfTheRefusal() {
    InvalidConfigException refusal =
        assertThrows(InvalidConfigException.class, () -> open("memory://user:hunter2@host"));
    assertFalse(refusal.getMessage().contains("hunter2"), refusal.getMessage());
    refusal = assertThrows(InvalidConfigException.class, () -> open("memory:user:hunter2@host"));
    assertFalse(refusal.getMessage().contains("hunter2"), refusal.getMessage());
  }

  private Backend open(String url) {
    return provider.open(BackendUrl.of(url), BackendContext.standalone("test"));
  }
}
