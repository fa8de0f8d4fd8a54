package dev.millrace.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Reply;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BesidesTest {
  private static final EventCount ALL_HEARD = new EventCount(10, 0, 10, 0, 0, 0);
  private static final CallCount ALL_ANSWERED =
      CallCount.none().with(new Reply.Ok<>(new DemoCalls.Quote("O-1", 990)), "O-1");

  private static Besides besides(EventCount events, CallCount calls) {
    return new Besides(DemoStreams.named("demo:", "demo"), events, calls);
  }

  @Test
  void missingEventIsAFaultUnlessAGapOrADropTellsOfIt() {
    assertTrue(besides(ALL_HEARD, ALL_ANSWERED).exact());
    assertFalse(besides(new EventCount(10, 0, 9, 1, 0, 0), ALL_ANSWERED).exact());
    assertTrue(besides(new EventCount(10, 0, 9, 1, 1, 0), ALL_ANSWERED).exact());
    assertTrue(besides(new EventCount(10, 0, 9, 1, 0, 1), ALL_ANSWERED).exact());
    assertTrue(besides(new EventCount(9, 1, 9, 0, 0, 0), ALL_ANSWERED).exact());
  }

  @Test
  void everyOutcomeOfACallIsCountedAndOnlyNoneOrAnothersIsAFault() {
    CallCount calls =
        ALL_ANSWERED
            .with(new Reply.RemoteError<>("TOO_MANY", "6 pieces"), "O-2")
            .with(new Reply.NotStarted<>("late"), "O-3")
            .with(new Reply.Unknown<>("gone"), "O-4");
    assertEquals(new CallCount(4, 1, 1, 1, 1, 0, 0), calls);
    assertTrue(besides(ALL_HEARD, calls).exact());
    assertFalse(besides(ALL_HEARD, calls.with(null, "O-5")).exact());
    CallCount crossed = calls.with(new Reply.Ok<>(new DemoCalls.Quote("O-1", 990)), "O-6");
    assertEquals(1, crossed.crossed());
    assertFalse(besides(ALL_HEARD, crossed).exact());
  }

  @Test
  void summarySaysWhichRuleWasBroken() {
    var out = new StringWriter();
    besides(new EventCount(10, 0, 9, 1, 0, 0), ALL_ANSWERED)
        .print(new Screen(new PrintWriter(out), new PrintWriter(new StringWriter()), false));
    assertTrue(out.toString().contains("told to be missing: NO"), out::toString);
    assertTrue(out.toString().contains("every call has its outcome: yes"), out::toString);
  }
}
