package dev.millrace.broker.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class EventsTest {
  @Test
  void whatNobodyHeardWasKeptForTheDurableSubscription() throws Exception {
    List<String> printed = Printed.by(() -> Events.main(new String[] {"memory:events-test"}));
    assertEquals(
        List.of("live Alice", "live Carol"),
        printed.stream().filter(line -> line.startsWith("live")).toList());
    assertEquals(
        List.of("kept Alice", "kept Bob", "kept Carol"),
        printed.stream().filter(line -> line.startsWith("kept")).toList());
  }
}
