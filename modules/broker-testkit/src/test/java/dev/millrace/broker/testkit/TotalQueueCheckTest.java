package dev.millrace.broker.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TotalQueueCheckTest {
  private final History history = new History();

  private void accepted(String id) {
    history.invoked(id);
    history.acknowledged(id);
  }

  private String fault(int allowed) {
    return assertThrows(
            AssertionError.class, () -> TotalQueueCheck.of(history).assertSound(allowed))
        .getMessage();
  }

  @Test
  void isSoundWhenEverythingAcceptedCameOutOnce() {
    accepted("a");
    accepted("b");
    history.handled("b");
    history.deadLettered("a");
    TotalQueueCheck.of(history).assertSound(0);
  }

  @Test
  void findsWhatWasLost() {
    accepted("a");
    accepted("b");
    history.handled("a");
    assertEquals(Set.of("b"), TotalQueueCheck.of(history).lost());
    assertTrue(fault(0).contains("1 lost: [b]"));
  }

  @Test
  void findsWhatWasNeverSent() {
    accepted("a");
    history.handled("a");
    history.handled("ghost");
    assertEquals(Set.of("ghost"), TotalQueueCheck.of(history).unexpected());
    assertTrue(fault(0).contains("1 unexpected: [ghost]"));
  }

  @Test
  void refusedSendMustNotComeOut() {
    accepted("a");
    history.handled("a");
    history.invoked("b");
    history.refused("b");
    history.handled("b");
    assertEquals(Set.of("b"), TotalQueueCheck.of(history).unexpected());
  }

  @Test
  void refusedSendThatWasTriedAgainMayComeOut() {
    accepted("a");
    history.handled("a");
    history.invoked("b");
    history.refused("b");
    history.invoked("b");
    history.unknown("b");
    history.handled("b");
    TotalQueueCheck check = TotalQueueCheck.of(history);
    assertEquals(Set.of("b"), check.recovered());
    check.assertSound(0);
  }

  @Test
  void sendWithoutAnAnswerMayBeLost() {
    accepted("a");
    history.handled("a");
    history.invoked("b");
    history.unknown("b");
    TotalQueueCheck.of(history).assertSound(0);
  }

  @Test
  void duplicatesAreCountedAgainstTheirBudget() {
    accepted("a");
    history.handled("a");
    history.handled("a");
    history.handled("a");
    TotalQueueCheck check = TotalQueueCheck.of(history);
    assertEquals(Map.of("a", 2), check.duplicated());
    assertEquals(2, check.duplicates());
    check.assertSound(2);
    assertTrue(fault(1).contains("2 duplicates with a budget of 1"));
  }

  @Test
  void runInWhichNothingWasAcceptedIsVacuous() {
    history.invoked("a");
    history.unknown("a");
    history.handled("a");
    assertTrue(fault(0).contains("vacuous"));
  }

  @Test
  void policyDropOnRecordIsNoLoss() {
    accepted("a");
    history.dropped("a");
    TotalQueueCheck.of(history).assertSound(0);
  }

  @Test
  void filesOfSeveralProcessesAreReadTogether(@TempDir Path folder) throws Exception {
    Path sender = folder.resolve("sender");
    Path worker = folder.resolve("worker");
    History sending = History.writing(sender);
    sending.invoked("id with spaces");
    sending.acknowledged("id with spaces");
    History.writing(worker).handled("id with spaces");
    Files.writeString(worker, "HANDLED torn-by-a-ki", StandardOpenOption.APPEND);
    TotalQueueCheck.of(History.reading(List.of(sender, worker))).assertSound(0);
  }
}
