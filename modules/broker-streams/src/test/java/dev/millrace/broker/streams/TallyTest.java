package dev.millrace.broker.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.streams.Tally.Mark;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TallyTest {
  @Test
  void comesBackAsItWasWritten() {
    var whole = new Tally(4, 2, 7, Mark.ALONE, 1_700_000_000_000L);
    assertEquals(Optional.of(whole), Tally.read(whole.text()));
    var beside = new Tally(0, 0, 1, Mark.IN_COMPANY, 0);
    assertEquals(Optional.of(beside), Tally.read(beside.text()));
  }

  @Test
  void nothingToTellIsNoNote() {
    assertEquals("", Tally.NONE.text());
  }

  @Test
  void whatANewerVersionAddedIsPassedOver() {
    assertEquals(Optional.of(Tally.NONE.failed()), Tally.read("1;z=9;f=1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "garbage", "2;f=1", "1;f", "1;f=", "1;f=x", "1;f=-1", "1;m=q", "1;;", "=;="})
  void garbageIsUnreadable(String note) {
    assertEquals(Optional.empty(), Tally.read(note));
  }

  @Test
  void onlyADeathAloneIsACrash() {
    assertEquals(1, Tally.NONE.marked(Mark.ALONE).died().crashes());
    assertEquals(0, Tally.NONE.marked(Mark.IN_COMPANY).died().crashes());
    assertEquals(Tally.NONE, Tally.NONE.died());
  }

  @Test
  void handlerThatEndsItsProcessHasCrashedIfItHadNothingElse() {
    assertEquals(new Tally(0, 1, 0, Mark.NONE, 0), Tally.NONE.exited(true));
    assertEquals(new Tally(0, 0, 1, Mark.NONE, 0), Tally.NONE.exited(false));
  }

  @Test
  void failuresAndCrashesAreCountedApart() {
    Tally tally = Tally.NONE.failed().marked(Mark.ALONE).died().failed();
    assertEquals(new Tally(2, 1, 0, Mark.NONE, 0), tally);
    assertTrue(tally.condemned(1));
    assertFalse(tally.condemned(2));
  }
}
