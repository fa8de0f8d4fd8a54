package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries of one line are appended in the order of their numbers and once, however late. */
public abstract class LineContract extends BackendContract {
  private static final Duration LONG = Duration.ofHours(1);

  /** For subclasses. */
  protected LineContract() {}

  @BeforeEach
  void needsLines() {
    if (!offers(Feature.BACKUP, Backups.class)) {
      Stages.assertGuardRefused(send(backend, numbers("a", 1, 1), line("a", 1, 0)));
      assertNothingIn(stream);
    }
    assumeTrue(has(Feature.BACKUP), "refused, as it is not declared");
  }

  private static Dedup.InLine line(String name, long first, long after) {
    return new Dedup.InLine(name, first, after, LONG, Optional.empty());
  }

  private static Dedup.InLine withIds(String name, long first) {
    return new Dedup.InLine(name, first, first - 1, LONG, Optional.of(LONG));
  }

  private static List<Entry> numbers(String line, long first, long last) {
    return LongStream.rangeClosed(first, last).mapToObj(n -> entry(line + "-" + n)).toList();
  }

  private CompletionStage<List<Appended>> send(Backend to, List<Entry> entries, Dedup dedup) {
    return to.log().append(stream, entries, AppendGuard.none().dedup(dedup));
  }

  private List<Appended> sent(List<Entry> entries, Dedup dedup) {
    List<Appended> results = Stages.await(send(backend, entries, dedup));
    assertEquals(entries.size(), results.size());
    return results;
  }

  /** Numbers of a line, behind the one before them. */
  private List<Appended> sent(String line, long first, long last) {
    return sent(numbers(line, first, last), line(line, first, first - 1));
  }

  private long seal(String line) {
    return Stages.await(facet(Backups.class).seal(stream, line, LONG));
  }

  private static void assertNew(List<Appended> results) {
    for (Appended each : results) {
      assertFalse(assertInstanceOf(Appended.At.class, each).duplicate(), each::toString);
    }
  }

  private static void assertDuplicates(List<Appended> results) {
    for (Appended each : results) {
      assertTrue(assertInstanceOf(Appended.At.class, each).duplicate(), each::toString);
    }
  }

  private static void assertOutOfLine(long last, List<Appended> results) {
    for (Appended each : results) {
      assertEquals(new Appended.OutOfLine(last), each);
    }
  }

  private List<String> idsInTheStream() {
    TestReader reader = reader(1_000);
    return reader.await((int) describe().length()).stream().map(TestReader::id).toList();
  }

  @Test
  void numbersAreAppendedInOrder() {
    assertNew(sent("a", 1, 3));
    assertNew(sent("a", 4, 5));
    assertEquals(List.of("a-1", "a-2", "a-3", "a-4", "a-5"), idsInTheStream());
  }

  @Test
  void repeatedNumbersAreDuplicates() {
    sent("a", 1, 5);
    assertDuplicates(sent("a", 1, 5));
    assertDuplicates(sent("a", 3, 3));
    assertContains(stream, 5);
  }

  @Test
  void onlyWhatIsNewIsAppended() {
    sent("a", 1, 5);
    List<Appended> mixed = sent("a", 4, 8);
    assertDuplicates(mixed.subList(0, 2));
    assertNew(mixed.subList(2, 5));
    assertContains(stream, 8);
  }

  @Test
  void numberStaysKnownHoweverManyCameAfterIt() {
    sent("a", 1, 1);
    for (int i = 0; i < 50; i++) {
      sent("a", 2 + i * 100L, 101 + i * 100L);
    }
    assertDuplicates(sent("a", 1, 2));
    assertContains(stream, 5_001);
  }

  @Test
  void repeatIsKnownAfterItWasHandled() {
    sent("a", 1, 2);
    TestReader reader = reader(5);
    reader.await(2);
    reader.ackAll();
    assertDuplicates(sent("a", 1, 2));
    reader.staysAt(2);
  }

  @Test
  void lineIsKnownToAllInstances() {
    sent("a", 1, 2);
    assertDuplicates(Stages.await(send(openAnother(), numbers("a", 1, 2), line("a", 1, 0))));
    assertContains(stream, 2);
  }

  @Test
  void nothingIsAppendedBeforeTheNumbersItFollows() {
    assertOutOfLine(0, sent("a", 3, 5));
    assertNothingIn(stream);
    sent("a", 1, 1);
    assertOutOfLine(1, sent("a", 3, 5));
    assertContains(stream, 1);
    sent("a", 2, 2);
    assertNew(sent("a", 3, 5));
  }

  @Test
  void lineMayBeginAnywhereWhereItFollowsNothing() {
    assertNew(sent(numbers("a", 7, 8), line("a", 7, 0)));
    assertDuplicates(sent("a", 8, 8));
    assertNew(sent("a", 9, 9));
    assertContains(stream, 3);
  }

  @Test
  void numbersMayBeSkippedBehindTheOneThatIsFollowed() {
    sent("a", 1, 2);
    assertNew(sent(numbers("a", 6, 7), line("a", 6, 2)));
    assertDuplicates(sent("a", 4, 4));
    assertContains(stream, 4);
  }

  @Test
  void appendsThatAreUnderWayTogetherKeepTheirOrder() {
    var under = new ArrayList<CompletionStage<List<Appended>>>();
    for (int first = 1; first <= 400; first += 4) {
      under.add(send(backend, numbers("a", first, first + 3), line("a", first, first - 1)));
    }
    under.forEach(each -> assertNew(Stages.await(each)));
    assertEquals(LongStream.rangeClosed(1, 400).mapToObj(n -> "a-" + n).toList(), idsInTheStream());
  }

  @Test
  void sameAppendFromManyThreadsIsStoredOnce() {
    var stages =
        IntStream.range(0, 50)
            .parallel()
            .mapToObj(i -> send(backend, numbers("a", 1, 3), line("a", 1, 0)))
            .toList();
    stages.forEach(stage -> assertEquals(3, Stages.await(stage).size()));
    assertEquals(List.of("a-1", "a-2", "a-3"), idsInTheStream());
  }

  @Test
  void appendsFromManyThreadsComeInTheOrderOfTheirNumbers() throws Exception {
    var outOfLine = new AtomicInteger();
    // Threads of the platform: on a backend that answers at once these never wait.
    try (var senders = Executors.newCachedThreadPool()) {
      var sending = new ArrayList<Future<?>>();
      for (int sender = 0; sender < 4; sender++) {
        int own = sender;
        sending.add(
            senders.submit(
                () -> {
                  for (int n = 1 + own; n <= 200; n += 4) {
                    while (sent("a", n, n).getFirst() instanceof Appended.OutOfLine) {
                      outOfLine.incrementAndGet();
                    }
                  }
                }));
      }
      for (Future<?> each : sending) {
        each.get();
      }
    }
    assertTrue(outOfLine.get() > 0, "none ever came too early");
    assertEquals(LongStream.rangeClosed(1, 200).mapToObj(n -> "a-" + n).toList(), idsInTheStream());
  }

  @Test
  void linesOfOtherNamesAndStreamsAreOthers() {
    sent("a", 1, 3);
    assertNew(sent("b", 1, 2));
    String other = name("other");
    assertNew(
        Stages.await(
            backend
                .log()
                .append(other, numbers("a", 1, 2), AppendGuard.none().dedup(line("a", 1, 0)))));
    assertContains(stream, 5);
    assertContains(other, 2);
  }

  @Test
  void sealedLineTakesNothingMore() {
    sent("a", 1, 3);
    assertEquals(3, seal("a"));
    assertOutOfLine(3, sent("a", 4, 5));
    assertOutOfLine(3, sent(numbers("a", 9, 9), line("a", 9, 0)));
    assertContains(stream, 3);
  }

  @Test
  void sealedLineStillKnowsItsNumbers() {
    sent("a", 1, 3);
    seal("a");
    List<Appended> mixed = sent("a", 2, 5);
    assertDuplicates(mixed.subList(0, 2));
    assertOutOfLine(3, mixed.subList(2, 4));
    assertContains(stream, 3);
  }

  @Test
  void sealingAgainTellsTheSame() {
    sent("a", 1, 3);
    assertEquals(3, seal("a"));
    assertEquals(3, seal("a"));
    assertEquals(
        3, Stages.await(openAnother().facet(Backups.class).orElseThrow().seal(stream, "a", LONG)));
  }

  @Test
  void lineThatIsNotKnownIsSealedAtItsBeginning() {
    assertEquals(0, seal("a"));
    assertOutOfLine(0, sent("a", 1, 2));
    assertOutOfLine(0, sent(numbers("a", 7, 7), line("a", 7, 0)));
    assertNothingIn(stream);
    assertEquals(0, seal("a"));
  }

  @Test
  void sealEndsNoOtherLine() {
    sent("a", 1, 1);
    sent("b", 1, 1);
    seal("a");
    Stages.await(facet(Backups.class).seal(name("other"), "b", LONG));
    assertNew(sent("b", 2, 2));
  }

  @Test
  void lineIsSealedAgainstWhatIsOnItsWay() throws Exception {
    var over = new AtomicBoolean();
    try (var sender = Executors.newCachedThreadPool()) {
      Future<Integer> accepted =
          sender.submit(
              () -> {
                int n = 1;
                while (!over.get() && sent("a", n, n).getFirst() instanceof Appended.At) {
                  n++;
                }
                return n - 1;
              });
      try {
        awaitUntil("some are there", () -> describe().length() > 20);
        long last = seal("a");
        assertEquals(last, accepted.get(Stages.PATIENCE.toSeconds(), TimeUnit.SECONDS).longValue());
        assertContains(stream, (int) last);
      } finally {
        over.set(true);
      }
    }
  }

  @Test
  void lineIsRememberedAsLongAsItAsksFor() {
    var remembered = new Dedup.InLine("a", 1, 0, ticks(20), Optional.empty());
    sent(numbers("a", 1, 2), remembered);
    advance(ticks(10));
    assertDuplicates(sent(numbers("a", 1, 2), remembered));
    assertContains(stream, 2);
  }

  @Test
  void sealIsRememberedLongerThanItsLine() {
    sent(numbers("a", 1, 2), new Dedup.InLine("a", 1, 0, ticks(1), Optional.empty()));
    Stages.await(facet(Backups.class).seal(stream, "a", ticks(40)));
    Stages.await(facet(Backups.class).seal(stream, "a", ticks(1)));
    advance(ticks(5));
    assertOutOfLine(2, sent("a", 3, 3));
    assertEquals(2, seal("a"));
  }

  @Test
  void deletedStreamHasForgottenItsLines() {
    sent("a", 1, 2);
    sent("b", 1, 2);
    seal("b");
    Stages.await(backend.log().delete(stream));
    assertOutOfLine(0, sent("a", 3, 3));
    assertNew(sent("a", 1, 2));
    assertNew(sent("b", 1, 2));
    assertContains(stream, 4);
  }

  @Test
  void idOfAnotherLineIsFoundAndLeavesNoGap() {
    Appended first = sent(List.of(entry("e1")), withIds("a", 1)).getFirst();
    List<Appended> second = sent(List.of(entry("e0"), entry("e1"), entry("e2")), withIds("b", 1));
    assertNew(List.of(second.get(0), second.get(2)));
    assertDuplicates(second.subList(1, 2));
    assertEquals(position(first), position(second.get(1)));
    assertNew(sent(List.of(entry("e3")), withIds("b", 4)));
    assertEquals(List.of("e1", "e0", "e2", "e3"), idsInTheStream());
  }

  @Test
  void appendOfNothingButKnownIdsTakesItsLineOn() {
    sent(List.of(entry("e1"), entry("e2")), withIds("a", 1));
    assertDuplicates(sent(List.of(entry("e1"), entry("e2")), withIds("b", 1)));
    assertNew(sent(List.of(entry("e3")), withIds("b", 3)));
    assertEquals(3, seal("b"));
  }

  @Test
  void idThatComesTwiceInOneAppendIsStoredOnce() {
    List<Appended> results = sent(List.of(entry("e1"), entry("e1")), withIds("a", 1));
    assertNew(results.subList(0, 1));
    assertDuplicates(results.subList(1, 2));
    assertContains(stream, 1);
    assertEquals(2, seal("a"));
  }

  @Test
  void idsOfLinesAndOfOthersAreTheSame() {
    if (!has(Feature.IDEMPOTENT_APPEND)) {
      return;
    }
    sent(List.of(entry("e1")), new Dedup.ById(LONG));
    assertDuplicates(sent(List.of(entry("e1")), withIds("a", 1)));
    sent(List.of(entry("e2")), withIds("a", 2));
    assertDuplicates(sent(List.of(entry("e2")), new Dedup.ById(LONG)));
    assertContains(stream, 2);
  }

  @Test
  void idsAreNotLookedAtUnlessAsked() {
    sent(List.of(entry("e1")), withIds("a", 1));
    assertNew(sent(List.of(entry("e1")), line("b", 1, 0)));
    assertContains(stream, 2);
  }

  @Test
  void idIsForgottenAfterItsWindowAndItsNumberIsNot() {
    sent(List.of(entry("e1")), new Dedup.InLine("a", 1, 0, LONG, Optional.of(ticks(2))));
    advance(ticks(3));
    assertNew(sent(List.of(entry("e1")), withIds("b", 1)));
    assertDuplicates(sent(List.of(entry("e1")), line("a", 1, 0)));
    assertContains(stream, 2);
  }

  @Test
  void nothingBehindTheFirstThatIsRefusedIsAppended() {
    if (!has(Feature.GUARDED_APPEND)) {
      return;
    }
    declareGroup();
    sent(List.of(entry("known")), withIds("b", 1));
    var entries = List.of(entry("e1"), entry("e2"), entry("e3"), entry("known"), entry("e5"));
    AppendGuard two = AppendGuard.none().dedup(withIds("a", 1)).maxBacklog(2);
    List<Appended> first = Stages.await(backend.log().append(stream, entries, two));
    assertNew(first.subList(0, 1));
    assertInstanceOf(Appended.Full.class, first.get(1));
    // The known id as well: were its number done, those before it could never come.
    assertOutOfLine(1, first.subList(2, 5));
    assertContains(stream, 2);
    List<Appended> again = sent(entries, withIds("a", 1));
    assertDuplicates(List.of(again.get(0), again.get(3)));
    assertNew(List.of(again.get(1), again.get(2), again.get(4)));
    assertEquals(List.of("known", "e1", "e2", "e3", "e5"), idsInTheStream());
  }
}
