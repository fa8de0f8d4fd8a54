package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamIdsTest {
  @ParameterizedTest
  @CsvSource({
    "9-0, 10-0",
    "99-5, 100-1",
    "1700000000000-9, 1700000000000-10",
    "1700000000000-10, 1700000000001-9",
    "1700000000000-18446744073709551615, 1700000000001-0",
    "5-17, 5-18"
  })
  void olderIdsComeFirst(String older, String newer) {
    assertTrue(StreamIds.compare(older, newer) < 0);
    assertTrue(StreamIds.compare(newer, older) > 0);
  }

  @Test
  void anIdIsAsOldAsItself() {
    assertEquals(0, StreamIds.compare("1700000000000-3", "1700000000000-3"));
  }
}
