package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.InvalidConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendUrlTest {
  @Test
  void schemeIsInLowerCase() {
    assertEquals("redis", BackendUrl.of("REDIS://h").scheme());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://user:hunter2@h:1/0",
        "redis://:hunter2@h",
        "rediss://h/0?password=hunter2&x=1",
        "redis-sentinel://a:hunter2@h1,h2#m",
        "redis://u:p@ss@hunter2@h"
      })
  void secretsAreHidden(String url) {
    assertFalse(BackendUrl.of(url).toString().contains("hunter2"), BackendUrl.of(url).toString());
  }

  @Test
  void aUrlWithoutSchemeIsRefusedWithoutItsSecrets() {
    var error =
        assertThrows(InvalidConfigException.class, () -> BackendUrl.of("//user:hunter2@host"));
    assertFalse(error.getMessage().contains("hunter2"));
  }
}
