package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.Trimming;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
        "memory:a?",
        "memory:?maxMemory=",
        "memory:?maxMemory=64",
        "memory:?maxMemory=0mb",
        "memory:?maxMemory=64MB",
        "memory:?maxMemory=1mb&maxMemory=2mb",
        "memory:a b?maxMemory=1mb",
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

  @ParameterizedTest
  @CsvSource({
    "memory:?maxMemory=3kb, 3072",
    "memory:?maxMemory=64mb, 67108864",
    "memory:orders?maxMemory=2gb, 2147483648"
  })
  void takesALimitOfItsMemory(String url, long bytes) {
    try (Backend backend = open(url)) {
      var memory = Fixture.get(backend.facet(Trimming.class).orElseThrow().memory());
      assertEquals(OptionalLong.of(bytes), memory.limit());
      assertEquals(0, memory.used());
      assertEquals(url.substring(0, url.indexOf('?')), backend.name());
    }
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
