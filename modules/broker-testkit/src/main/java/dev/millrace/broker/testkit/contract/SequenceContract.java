package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.Position;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries that their producer has numbered are stored once, whatever is repeated. */
public abstract class SequenceContract extends BackendContract {
  private static final int WINDOW = 16;

  /** For subclasses. */
  protected SequenceContract() {}

  @BeforeEach
  void assumeDeduplication() {
    if (!has(Feature.IDEMPOTENT_APPEND)) {
      Stages.assertGuardRefused(send("a", false, 1, 1));
      assertNothingIn(stream);
    }
    assumeTrue(has(Feature.IDEMPOTENT_APPEND), "refused, as it is not declared");
  }

  private CompletionStage<List<Appended>> send(String producer, boolean known, long from, long to) {
    return send(new Dedup.BySequence(producer, WINDOW, known), from, to);
  }

  private CompletionStage<List<Appended>> send(Dedup.BySequence dedup, long from, long to) {
    List<Entry> entries =
        LongStream.rangeClosed(from, to)
            .mapToObj(n -> Entry.of(dedup.idOf(n), Fields.of("n", n)))
            .toList();
    return backend.log().append(stream, entries, AppendGuard.none().dedup(dedup));
  }

  private List<Appended> sent(String producer, long from, long to) {
    return Stages.await(send(producer, false, from, to));
  }

  private List<Appended> sentAfter(long after, String producer, long from, long to) {
    var dedup = new Dedup.BySequence(producer, WINDOW, false).after(after);
    return Stages.await(send(dedup, from, to));
  }

  private static void assertBehind(long after, List<Appended> outcomes) {
    outcomes.forEach(each -> assertEquals(new Appended.Behind(after), each));
  }

  private static List<Position> positions(List<Appended> outcomes) {
    return outcomes.stream().map(BackendContract::position).toList();
  }

  private static void assertAll(boolean duplicate, List<Appended> outcomes) {
    for (Appended each : outcomes) {
      assertEquals(duplicate, assertInstanceOf(Appended.At.class, each).duplicate());
    }
  }

  @Test
  void repeatedListFindsItsEntries() {
    List<Appended> first = sent("a", 1, 5);
    List<Appended> again = sent("a", 1, 5);
    assertAll(false, first);
    assertAll(true, again);
    assertEquals(positions(first), positions(again));
    assertContains(stream, 5);
  }

  @Test
  void onlyWhatIsNewIsAdded() {
    sent("a", 1, 5);
    List<Appended> mixed = sent("a", 4, 8);
    assertAll(true, mixed.subList(0, 2));
    assertAll(false, mixed.subList(2, 5));
    assertContains(stream, 8);
  }

  @Test
  void numbersThatWereLeftOutAreStillNew() {
    sent("a", 1, 2);
    sent("a", 5, 6);
    assertAll(false, sent("a", 3, 4));
    assertAll(true, sent("a", 1, 6));
    assertContains(stream, 6);
  }

  @Test
  void numbersWithinTheWindowAreRememberedAroundAndAround() {
    for (int n = 1; n <= 10 * WINDOW; n += 3) {
      List<Appended> first = sent("a", n, n + 2);
      assertEquals(positions(first), positions(sent("a", n, n + 2)));
    }
    List<Appended> last = sent("a", 10 * WINDOW - WINDOW + 3, 10 * WINDOW);
    assertAll(true, last);
    assertEquals(WINDOW - 2, Set.copyOf(positions(last)).size());
    assertContains(stream, 54 * 3);
  }

  @Test
  void listLongerThanTheWindowKeepsItsOrder() {
    List<Appended> first = sent("a", 1, 3L * WINDOW);
    assertAll(false, first);
    assertEquals(3 * WINDOW, Set.copyOf(positions(first)).size());
    TestReader reader = reader(3 * WINDOW);
    reader.await(3 * WINDOW);
    var dedup = new Dedup.BySequence("a", WINDOW, false);
    assertEquals(IntStream.rangeClosed(1, 3 * WINDOW).mapToObj(dedup::idOf).toList(), reader.ids());
  }

  @Test
  void numberBelowTheWindowIsForgottenAndNeverAppended() {
    sent("a", 1, 1);
    sent("a", 2, WINDOW + 1);
    assertInstanceOf(Appended.Forgotten.class, sent("a", 1, 1).getFirst());
    assertContains(stream, WINDOW + 1);
  }

  @Test
  void nothingIsAppendedBeforeTheNumberItFollows() {
    assertBehind(2, sentAfter(2, "a", 3, 5));
    assertNothingIn(stream);
    sent("a", 1, 1);
    assertBehind(2, sentAfter(2, "a", 3, 5));
    assertContains(stream, 1);
    sent("a", 2, 2);
    assertAll(false, sentAfter(2, "a", 3, 5));
    assertContains(stream, 5);
  }

  @Test
  void numberThatWasLeftOutIsNotFollowedThoughHigherOnesAreThere() {
    sent("a", 1, 1);
    sent("a", 3, 3);
    assertBehind(2, sentAfter(2, "a", 4, 4));
    assertAll(false, sentAfter(3, "a", 4, 4));
    assertContains(stream, 3);
  }

  @Test
  void whatIsThereIsFoundThoughTheNumberItFollowsIsNot() {
    List<Appended> first = sent("a", 3, 4);
    List<Appended> mixed = sentAfter(2, "a", 3, 5);
    assertAll(true, mixed.subList(0, 2));
    assertEquals(positions(first), positions(mixed.subList(0, 2)));
    assertBehind(2, mixed.subList(2, 3));
    assertContains(stream, 2);
  }

  @Test
  void refusalThatFollowsNothingIsAppendedNext() {
    sent("a", 1, 1);
    assertBehind(2, sentAfter(2, "a", 3, 4));
    assertAll(false, sent("a", 3, 4));
    assertContains(stream, 3);
  }

  @Test
  void numberBelowTheWindowIsNotFollowed() {
    for (int n = 1; n <= WINDOW + 1; n++) {
      sent("a", n, n);
    }
    assertBehind(1, sentAfter(1, "a", WINDOW + 2, WINDOW + 2));
    assertAll(false, sentAfter(2, "a", WINDOW + 2, WINDOW + 2));
    assertContains(stream, WINDOW + 2);
  }

  @Test
  void numbersOfOtherProducersAreNotFollowed() {
    sent("b", 1, 2);
    assertBehind(2, sentAfter(2, "a", 3, 3));
    assertContains(stream, 2);
  }

  @Test
  void appendsThatAreUnderWayTogetherFollowEachOther() {
    var under = new ArrayList<CompletionStage<List<Appended>>>();
    for (int first = 1; first <= 400; first += 4) {
      var dedup = new Dedup.BySequence("a", 1_024, false).after(first - 1);
      under.add(send(dedup, first, first + 3));
    }
    under.forEach(each -> assertAll(false, Stages.await(each)));
    assertContains(stream, 400);
  }

  @Test
  void whatWentToTheBackupIsFollowed() {
    if (!has(Feature.BACKUP) || !has(Feature.GUARDED_APPEND)) {
      return;
    }
    declareGroup();
    AppendGuard spilling = AppendGuard.none().maxBacklog(1).backup(Names.backup(stream));
    var stored = new ArrayList<Class<?>>();
    for (int n = 1; n <= 3; n++) {
      var dedup = new Dedup.BySequence("a", WINDOW, false).after(n - 1);
      var stage =
          backend.log().append(stream, List.of(entry(dedup.idOf(n))), spilling.dedup(dedup));
      stored.add(Stages.await(stage).getFirst().getClass());
    }
    assertEquals(
        List.of(Appended.At.class, Appended.Spilled.class, Appended.Spilled.class), stored);
  }

  @Test
  void producersAreToldApart() {
    sent("a", 1, 2);
    assertAll(false, sent("b", 1, 2));
    assertContains(stream, 4);
  }

  @Test
  void repeatOfAProducerThatIsNotRememberedIsForgottenAndNotAppended() {
    for (Appended each : Stages.await(send("a", true, 1, 2))) {
      assertInstanceOf(Appended.Forgotten.class, each);
    }
    assertNothingIn(stream);
  }

  @Test
  void repeatOfAProducerThatIsRememberedAddsWhatIsNotThere() {
    sent("a", 1, 2);
    List<Appended> repeat = Stages.await(send("a", true, 2, 3));
    assertTrue(assertInstanceOf(Appended.At.class, repeat.get(0)).duplicate());
    assertFalse(assertInstanceOf(Appended.At.class, repeat.get(1)).duplicate());
  }

  @Test
  void sameListFromManyThreadsIsStoredOnce() {
    var stages = IntStream.range(0, 20).parallel().mapToObj(i -> send("a", false, 1, 5)).toList();
    assertEquals(
        1, stages.stream().map(stage -> positions(Stages.await(stage))).distinct().count());
    assertContains(stream, 5);
  }

  @Test
  void foreignIdIsRefusedAndNothingAppended() {
    var guard = AppendGuard.none().dedup(new Dedup.BySequence("a", WINDOW, false));
    for (String id : List.of("b-1", "a", "a-", "a-0", "a-!")) {
      var stage = backend.log().append(stream, List.of(entry("a-1"), entry(id)), guard);
      assertInstanceOf(InvalidConfigException.class, Stages.failure(stage));
    }
    assertNothingIn(stream);
  }

  @Test
  void entriesOfManyFieldsAndOfFewShareAList() {
    var dedup = new Dedup.BySequence("a", WINDOW, false);
    var many = Fields.builder();
    for (int i = 0; i < 500; i++) {
      many.put("f" + i, "v");
    }
    var entries =
        List.of(Entry.of(dedup.idOf(1), Fields.of("n", 1)), Entry.of(dedup.idOf(2), many.build()));
    assertAll(
        false,
        Stages.await(backend.log().append(stream, entries, AppendGuard.none().dedup(dedup))));
    TestReader reader = reader(2);
    assertEquals(1, reader.nth(1).entry().fields().size());
    assertEquals(500, reader.nth(2).entry().fields().size());
  }
}
