package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CreditTest {
  private static final long SLOW = 1_000_000_000L;
  private static final long QUICK = 10_000L;

  @Test
  void beginsWithOneForEachSlot() {
    assertEquals(10, new Credit(10, 256).begin());
  }

  @Test
  void slowHandlersGetOneForOne() {
    var credit = new Credit(2, 256);
    credit.begin();
    credit.delivered(2);
    assertEquals(1, credit.finished(SLOW));
    assertEquals(1, credit.finished(SLOW));
  }

  @Test
  void quickHandlersReadAheadUpToTheBatch() {
    var credit = new Credit(1, 256);
    credit.begin();
    credit.delivered(1);
    assertEquals(257, credit.finished(QUICK));
  }

  @Test
  void quickHandlersAskInLumps() {
    var credit = new Credit(1, 256);
    credit.begin();
    credit.delivered(1);
    credit.finished(QUICK);
    credit.delivered(257);
    int asked = 0;
    int lumps = 0;
    for (int i = 0; i < 257; i++) {
      int more = credit.finished(QUICK);
      asked += more;
      lumps += more > 0 ? 1 : 0;
    }
    assertTrue(lumps <= 3, "asked " + lumps + " times");
    assertTrue(asked >= 128, "asked for " + asked);
  }

  @Test
  void handlersThatTurnSlowStopReadingAhead() {
    var credit = new Credit(1, 256);
    credit.begin();
    credit.delivered(1);
    credit.finished(QUICK);
    credit.delivered(257);
    int asked = 0;
    for (int i = 0; i < 256; i++) {
      asked += credit.finished(SLOW);
    }
    assertEquals(0, asked);
    assertEquals(1, credit.finished(SLOW));
  }

  @Test
  void whatAReaderForgotIsAskedForAgain() {
    var credit = new Credit(10, 0);
    credit.begin();
    credit.delivered(4);
    credit.forgotten();
    assertEquals(6, credit.begin());
  }

  @Test
  void whatStepsAsideLeavesItsCreditUntilItRuns() {
    var credit = new Credit(2, 256);
    credit.begin();
    credit.delivered(2);
    assertTrue(credit.stepAside());
    assertEquals(1, credit.begin());
    credit.delivered(1);
    credit.stepBack();
    assertEquals(0, credit.finished(SLOW));
    assertEquals(1, credit.finished(SLOW));
  }

  @Test
  void noMoreStepAsideThanMayBeReadAhead() {
    var credit = new Credit(3, 1);
    credit.begin();
    credit.delivered(3);
    assertTrue(credit.stepAside());
    assertFalse(credit.stepAside());
    credit.stepBack();
    assertTrue(credit.stepAside());
  }

  @Test
  void whatASilentReaderBringsAfterAllGrantsNoMore() {
    var credit = new Credit(10, 0);
    credit.begin();
    credit.forgotten();
    credit.begin();
    credit.delivered(10);
    credit.delivered(10);
    int asked = 0;
    for (int i = 0; i < 10; i++) {
      asked += credit.finished(SLOW);
    }
    assertEquals(0, asked);
    for (int i = 0; i < 10; i++) {
      asked += credit.finished(SLOW);
    }
    assertEquals(10, asked);
  }
}
