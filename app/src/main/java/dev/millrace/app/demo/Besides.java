package dev.millrace.app.demo;

/**
 * What went on beside the orders: live events and calls, each with the rule that it has to keep.
 */
record Besides(DemoStreams names, EventCount events, CallCount calls) {
  /** Whether no event is missing without a word, and every call has its outcome. */
  boolean exact() {
    return events.explained() && calls.exact();
  }

  void print(Screen screen) {
    screen.print("");
    screen.print(
        "Beside them, live events (at most once, what may be missing is told) and calls"
            + " (each has an outcome)");
    screen.print(
        new Table("channel", "published", "received", "missing", "gaps", "drops", "not taken")
            .row(
                names.channel(),
                events.published(),
                events.received(),
                events.missing(),
                events.gaps(),
                events.dropped(),
                events.refused())
            .toString());
    screen.print(
        new Table("calls", "asked", "ok", "error", "not started", "unknown", "wrong", "lost")
            .row(
                DemoCalls.TYPE,
                calls.asked(),
                calls.ok(),
                calls.refused(),
                calls.notStarted(),
                calls.unknown(),
                calls.crossed(),
                calls.lost())
            .toString());
    screen.print("every event heard or told to be missing: " + verdict(events.explained()));
    screen.print("every call has its outcome: " + verdict(calls.exact()));
  }

  private static String verdict(boolean yes) {
    return yes ? "yes" : "NO, see above";
  }
}
