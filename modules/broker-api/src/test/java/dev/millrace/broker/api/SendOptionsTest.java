package dev.millrace.broker.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SendOptionsTest {
  @ParameterizedTest
  @ValueSource(strings = {"dead.reason", "dead.mine", "redriven"})
  void headerThatDeadLettersCarryIsRefused(String name) {
    var error =
        assertThrows(
            InvalidConfigException.class, () -> SendOptions.none().header(name, "something"));
    assertTrue(error.getMessage().contains("'" + name + "'"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dead", "deadline", "redriven.by", "x.dead."})
  void headerThatOnlyLooksLikeOneIsKept(String name) {
    assertEquals(Map.of(name, "something"), SendOptions.none().header(name, "something").headers());
  }

  @Test
  void laterValueOfAHeaderWins() {
    assertEquals(Map.of("a", "2"), SendOptions.none().header("a", "1").header("a", "2").headers());
  }
}
