package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelPatternTest {
  @ParameterizedTest
  @CsvSource({
    "orders.*, orders.created, true",
    "orders.*, orders.eu.created, false",
    "orders.*, orders, false",
    "orders.**, orders.eu.created, true",
    "orders.**, orders, false",
    "*.created, orders.created, true",
    "*.created, orders.eu.created, false",
    "or*s.x, orders.x, true",
    "**, anything.at.all, true",
    "a[b], a[b], true",
    "a[b], ab, false"
  })
  void matchesBySegments(String pattern, String channel, boolean expected) {
    assertEquals(expected, ChannelPattern.of(pattern).matches(channel));
  }

  @Test
  void anExactChannelHasNoSpecialCharacters() {
    assertEquals(false, ChannelPattern.exactly("a.*").matches("a.b"));
    assertEquals(true, ChannelPattern.exactly("a.*").matches("a.*"));
  }
}
