package dev.millrace.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Component.State;
import dev.millrace.broker.api.ComponentInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void componentHasItsStateSinceWhenCountsAndNewestError() {
    var info =
        new ComponentInfo(
            "watcher",
            "subscription",
            "news",
            State.FAILED,
            Instant.parse("2026-03-01T09:30:15Z"),
            Map.of("dropped", 1_204L, "gaps", 0L),
            Optional.of("too slow"));
    List<String> lines = Table.of(List.of(info)).toString().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(
        lines.getLast().matches(" *watcher +subscription +news +FAILED +\\d\\d:\\d\\d:15 +.*"),
        lines::getLast);
    assertTrue(lines.getLast().endsWith("dropped 1,204 last error: too slow"), lines::getLast);
  }
}
