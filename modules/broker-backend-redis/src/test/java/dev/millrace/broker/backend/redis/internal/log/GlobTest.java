package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.ChannelPattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource({
    "orders.*, orders.*",
    "orders.**, orders.*",
    "*.*.created, *.*.created",
    "a[1]?, 'a\\[1\\]\\?'",
    "a\\b^*, 'a\\\\b\\^*'"
  })
  void widensAPatternToAGlob(String pattern, String glob) {
    assertEquals(glob, Glob.of(ChannelPattern.of(pattern)));
  }
}
