package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.Route;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.streams.journal.JournalRecord;
import dev.millrace.broker.streams.journal.Sent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The line of a backup producer. Messages are numbered when they leave; each append names the one
 * before it, so that none is carried out without those before it, and a repeat is known by its
 * number. When the backend takes nothing or does not answer, all that is open or waiting goes to
 * the journal in order, and all that comes later, until the journal is empty.
 */
final class BackupLine implements Sender {
  private static final int MOST = 256;
  private static final long MOST_BYTES = 1 << 20;
  private static final int MOST_JOURNALED = 1_024;
  private static final int WORTHWHILE = 64;
  private static final int DEPTH = 4;
  private static final Duration FIRST_REPEAT = Duration.ofMillis(20);
  private static final Duration LAST_REPEAT = Duration.ofSeconds(1);
  private static final Duration LOOK_AT_JOURNAL = Duration.ofMillis(50);
  private static final Duration AFTER_REFUSAL = Duration.ofSeconds(1);

  /** How long a line is known after its last append where no journal may ask for it later. */
  private static final Duration REMEMBERED = Duration.ofHours(1);

  private final StreamLog log;
  private final String stream;
  private final SendPolicy policy;
  private final MessageIds ids;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Outcomes outcomes;
  private final Backlog backlog;
  private final @Nullable Spill spill;
  private final RouteKeeper route;
  private final Runnable whenSpilled;
  private final int depth;

  /** Guards all that follows; held for no call to the backend, the journal or a sender. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();

  /** What has numbers and is not over, in their order: under way, or to be sent again. */
  private final ArrayDeque<Numbered> open = new ArrayDeque<>();

  private Mode mode = Mode.DIRECT;
  private String line;
  private long epoch;
  private long numbers;
  private long attempts;
  private int underWay;
  private int journaling;
  private boolean pumping;
  private boolean pausing;
  private boolean watched;
  private boolean looking;
  private boolean steady;
  private boolean givenUp;
  private boolean resting;
  private long refusedAt;
  private Duration pause = FIRST_REPEAT;
  private volatile @Nullable Throwable refusal;

  private enum Mode {
    /** To the backend. */
    DIRECT,
    /** To the journal, as soon as nothing is under way any more. */
    TURNING,
    /** To the journal. */
    JOURNAL
  }

  /**
   * To one stream.
   *
   * @param spill the journal; null: none
   * @param whenSpilled run when something went to the backup stream
   */
  BackupLine(
      StreamsContext context,
      StreamConfig config,
      MessageIds ids,
      Outcomes outcomes,
      Backlog backlog,
      @Nullable Spill spill,
      RouteKeeper route,
      Runnable whenSpilled) {
    this.log = context.backend().log();
    this.stream = config.name();
    this.policy = config.sending();
    this.ids = ids;
    this.clock = context.clock();
    this.random = context.random();
    this.outcomes = outcomes;
    this.backlog = backlog;
    this.spill = spill;
    this.route = route;
    this.whenSpilled = whenSpilled;
    this.depth = policy.durability() instanceof Durability.Replicated ? 1 : DEPTH;
    this.line = ids.producer() + "-0";
  }

  @Override
  public void send(List<Parcel> parcels) {
    lock.lock();
    try {
      waiting.addAll(parcels);
    } finally {
      lock.unlock();
    }
    pump();
  }

  @Override
  public boolean withdraw(Parcel parcel) {
    lock.lock();
    try {
      return waiting.remove(parcel);
    } finally {
      lock.unlock();
    }
  }

  /** Why the journal took nothing when it was last asked; null: it did. */
  @Nullable Throwable refusal() {
    return refusal;
  }

  /** Begins behind what the journal has of the stream; goes on after {@link #giveUp}. */
  @Override
  public void resume() {
    lock.lock();
    try {
      givenUp = false;
      resting = false;
      if (spill != null && !spill.isEmpty() && mode == Mode.DIRECT) {
        turn("an earlier process has left messages in it");
      }
    } finally {
      lock.unlock();
    }
    pump();
  }

  /** What has no answer goes to the journal; without one its outcome stays unknown. */
  @Override
  public void giveUp() {
    var over = new Endings();
    lock.lock();
    try {
      givenUp = true;
      for (Numbered each : open) {
        if (each.attempt != 0) {
          lost(each);
        }
      }
      if (spill != null) {
        turn("the producer is stopped, and the backend does not answer");
      } else {
        open.forEach(each -> end(each, stopped(), over));
        open.clear();
        waiting.forEach(parcel -> over.add(parcel, stopped()));
        waiting.clear();
      }
    } finally {
      lock.unlock();
    }
    over.tell(outcomes);
    pump();
  }

  /** Nothing comes any more before {@link #resume}: whether the journal empties does not matter. */
  void rest() {
    lock.lock();
    try {
      resting = true;
    } finally {
      lock.unlock();
    }
  }

  /** The backup stream is empty: what comes next goes to the stream, unless it is full. */
  void backupIsEmpty() {
    lock.lock();
    try {
      if (mode == Mode.DIRECT && underWay == 0 && route.route() == Route.BACKUP) {
        route.turnTo(Route.PRIMARY, "the backup is empty");
      }
    } finally {
      lock.unlock();
    }
  }

  /** One thread at a time sends, so that messages leave in their order. */
  private void pump() {
    lock.lock();
    try {
      if (pumping) {
        return;
      }
      pumping = true;
    } finally {
      lock.unlock();
    }
    var over = new Endings();
    for (Runnable next = next(over); next != null; next = next(over)) {
      next.run();
      over.tell(outcomes);
    }
    over.tell(outcomes);
  }

  private @Nullable Runnable next(Endings over) {
    lock.lock();
    try {
      Runnable next =
          switch (mode) {
            case DIRECT -> direct(over);
            case TURNING -> underWay > 0 ? null : toJournal();
            case JOURNAL -> whileJournaling(over);
          };
      if (next == null) {
        pumping = false;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Runnable direct(Endings over) {
    if (pausing) {
      return null;
    }
    if (underWay == 0 && !open.isEmpty()) {
      return attempt(open.getFirst(), 0);
    }
    // Something behind one that is under way has to be sent again: first what is before it.
    if (open.stream().anyMatch(each -> each.attempt == 0)) {
      return null;
    }
    Numbered fresh = fresh(over);
    return fresh == null ? null : attempt(fresh, underWay == 0 ? 0 : fresh.first - 1);
  }

  private @Nullable Numbered fresh(Endings over) {
    boolean gather = underWay > 0 && (!steady || waiting.size() < WORTHWHILE);
    if (gather || underWay >= depth) {
      return null;
    }
    var parcels = new ArrayList<Parcel>(Math.min(MOST, waiting.size()));
    long bytes = 0;
    for (Parcel head = waiting.peek();
        head != null && fits(head, parcels, bytes);
        head = waiting.peek()) {
      waiting.remove();
      if (spill == null && !policy.deadline().isZero() && overdue(head.begun)) {
        over.add(head, waitedInVain());
      } else {
        parcels.add(head);
        bytes += head.bytes;
      }
    }
    if (parcels.isEmpty()) {
      return null;
    }
    var fresh = new Numbered(numbers + 1, parcels, ids, clock.nanoTime());
    numbers = fresh.last();
    open.add(fresh);
    return fresh;
  }

  /** An append looks for ids that callers chose or does not: not both in one. */
  private static boolean fits(Parcel head, List<Parcel> parcels, long bytes) {
    return parcels.isEmpty()
        || (parcels.size() < MOST
            && bytes + head.bytes <= MOST_BYTES
            && parcels.getFirst().named == head.named);
  }

  private boolean overdue(long begun) {
    return clock.nanoTime() - begun >= policy.deadline().toNanos();
  }

  private Appended waitedInVain() {
    return new Appended.Failed(
        new BackendUnavailableException(
            "send",
            stream,
            "it waited for "
                + policy.deadline()
                + " behind messages that got no answer, and was not sent",
            null));
  }

  private Appended.Failed stopped() {
    return new Appended.Failed(
        new BackendUnavailableException(
            "send", stream, "the producer was stopped before the backend took it", null));
  }

  private Runnable attempt(Numbered next, long after) {
    underWay++;
    next.attempt = ++attempts;
    long attempt = next.attempt;
    List<Entry> entries = next.entries;
    AppendGuard guard = guard(next, after);
    watch();
    return () -> {
      var unused =
          Sender.append(log, stream, entries, guard)
              .whenComplete((answers, error) -> answered(next, attempt, after, answers, error));
    };
  }

  private AppendGuard guard(Numbered next, long after) {
    boolean near = backlog.near();
    backlog.sending(next.entries.size());
    AppendGuard guard =
        AppendGuard.none()
            .durability(policy.durability())
            .backup(Names.backup(stream))
            .dedup(
                new Dedup.InLine(
                    line,
                    next.first,
                    after,
                    spill == null ? REMEMBERED : spill.remembered(),
                    Numbered.idWindow(next.named(), policy.idWindow())));
    return near ? guard.maxBacklog(backlog.limit()) : guard;
  }

  private void answered(
      Numbered sent,
      long attempt,
      long after,
      @Nullable List<Appended> answers,
      @Nullable Throwable error) {
    var over = new Endings();
    boolean spilled = false;
    lock.lock();
    try {
      if (sent.attempt != attempt) {
        return; // It is in the journal by now, which will find out.
      }
      underWay--;
      sent.attempt = 0;
      if (answers == null) {
        failed(sent, error == null ? new IllegalStateException("no answer") : error, over);
      } else {
        spilled = settle(sent, after, answers, over);
      }
    } finally {
      lock.unlock();
    }
    if (spilled) {
      whenSpilled.run();
    }
    pump();
    over.tell(outcomes);
  }

  /** What was accepted is over; the rest keeps its place. */
  private boolean settle(Numbered sent, long after, List<Appended> answers, Endings over) {
    int stored = 0;
    while (stored < answers.size() && isStored(answers.get(stored))) {
      over.add(sent.parcels.get(stored), answers.get(stored));
      stored++;
    }
    boolean spilled = stored > 0 && answers.get(stored - 1) instanceof Appended.Spilled;
    if (stored > 0) {
      onItsWay(answers.get(stored - 1));
    }
    if (stored == answers.size()) {
      open.remove(sent);
      steady = true;
      pause = FIRST_REPEAT;
      return spilled;
    }
    steady = false;
    Appended trouble = answers.get(stored);
    sent.drop(stored);
    switch (trouble) {
      case Appended.OutOfLine out -> {
        if (after == 0) {
          newLine(out.last(), over);
        }
      }
      case Appended.Failed refused when Trouble.isOfTheMessage(refused.error()) -> {
        over.add(sent.parcels.getFirst(), sent.unfinished(refused));
        dropFirst(sent);
      }
      case Appended.Failed refused -> takesNothing(sent, refused.error(), over);
      case Appended.Ambiguous unknown -> noAnswer(sent, unknown.cause(), over);
      default -> {
        over.add(sent.parcels.getFirst(), trouble);
        dropFirst(sent);
      }
    }
    return spilled;
  }

  private void dropFirst(Numbered sent) {
    sent.drop(1);
    if (sent.parcels.isEmpty()) {
      open.remove(sent);
    }
  }

  private static boolean isStored(Appended answer) {
    return answer instanceof Appended.At
        || answer instanceof Appended.Spilled
        || answer instanceof Appended.Unconfirmed;
  }

  private void onItsWay(Appended last) {
    if (last instanceof Appended.Spilled) {
      backlog.answered(true);
      if (mode == Mode.DIRECT) {
        route.turnTo(
            Route.BACKUP,
            "the backlog is at its limit of " + backlog.limit() + ", or the backup is not empty");
      }
    } else if (last instanceof Appended.At at && !at.position().equals(Position.UNKNOWN)) {
      backlog.answered(false);
      if (mode == Mode.DIRECT) {
        route.turnTo(Route.PRIMARY, "the backlog has room again");
      }
    }
  }

  private void failed(Numbered sent, Throwable error, Endings over) {
    steady = false;
    if (Trouble.isOfTheMessage(error)) {
      open.remove(sent);
      end(sent, new Appended.Failed(Stages.asBrokerException("send", stream, error)), over);
    } else if (Stages.unwrap(error) instanceof BackendException refused) {
      takesNothing(sent, refused, over);
    } else {
      noAnswer(sent, Stages.unwrap(error), over);
    }
  }

  private void takesNothing(Numbered sent, Throwable error, Endings over) {
    if (spill != null) {
      turn(Trouble.text(error));
    } else if (!sent.open && open.peekFirst() == sent) {
      // As on a simple producer: surely not sent, and nothing before it is open.
      open.remove(sent);
      end(sent, new Appended.Failed(Stages.asBrokerException("send", stream, error)), over);
    } else {
      again(sent, error, over);
    }
  }

  private void noAnswer(Numbered sent, Throwable error, Endings over) {
    sent.open = true;
    if (spill == null) {
      again(sent, error, over);
    } else if (givenUp || clock.nanoTime() - sent.sentAt >= spill.spillAfter().toNanos()) {
      turn("no answer for " + spill.spillAfter() + ": " + Trouble.text(error));
    } else {
      pauseBriefly();
    }
  }

  private void again(Numbered sent, Throwable error, Endings over) {
    if (givenUp || overdue(sent.begun())) {
      open.remove(sent);
      end(sent, new Appended.Failed(Stages.asBrokerException("send", stream, error)), over);
    } else {
      pauseBriefly();
    }
  }

  private static void end(Numbered sent, Appended.Failed reason, Endings over) {
    Appended last = sent.unfinished(reason);
    sent.parcels.forEach(parcel -> over.add(parcel, last));
  }

  private void lost(Numbered sent) {
    underWay--;
    sent.attempt = 0;
    sent.open = true;
  }

  /**
   * The line is sealed: it goes no further, and the backend has told how far it came. What is open
   * goes on in another one.
   */
  private void newLine(long last, Endings over) {
    nextLine();
    for (Iterator<Numbered> all = open.iterator(); all.hasNext(); ) {
      Numbered each = all.next();
      int there = (int) Math.max(0, Math.min(each.parcels.size(), last - each.first + 1));
      for (Parcel parcel : each.parcels.subList(0, each.open ? there : 0)) {
        over.add(parcel, Numbered.THERE);
      }
      each.drop(each.open ? there : 0);
      each.open = false;
      if (each.parcels.isEmpty()) {
        all.remove();
      } else {
        each.first = numbers + 1;
        numbers = each.last();
      }
    }
  }

  private void nextLine() {
    line = ids.producer() + "-" + Long.toString(++epoch, Character.MAX_RADIX);
    numbers = 0;
    steady = false;
  }

  private void turn(String reason) {
    if (mode == Mode.DIRECT) {
      mode = Mode.TURNING;
      route.turnTo(Route.JOURNAL, reason);
    }
  }

  /** All that is open or waiting, in order. */
  private @Nullable Runnable toJournal() {
    mode = Mode.JOURNAL;
    var records = new ArrayList<JournalRecord>();
    var parcels = new ArrayList<Parcel>();
    var unknown = new ArrayList<Boolean>();
    for (Numbered each : open) {
      for (int i = 0; i < each.parcels.size(); i++) {
        Optional<Sent> sent =
            each.open ? Optional.of(new Sent(line, each.first + i)) : Optional.empty();
        records.add(record(each.parcels.get(i), sent));
        parcels.add(each.parcels.get(i));
        unknown.add(each.open);
      }
    }
    open.clear();
    nextLine();
    pause = FIRST_REPEAT;
    look();
    if (records.isEmpty()) {
      return this::nothing;
    }
    return journal(records, parcels, unknown);
  }

  private void nothing() {}

  private JournalRecord record(Parcel parcel, Optional<Sent> unknown) {
    return new JournalRecord(
        stream,
        unknown,
        Numbered.idWindow(parcel.named, policy.idWindow()),
        parcel.identified(ids));
  }

  private @Nullable Runnable whileJournaling(Endings over) {
    Spill journal = Objects.requireNonNull(spill);
    if (journaling == 0 && journal.isEmpty() && !refusedJustNow()) {
      mode = Mode.DIRECT;
      refusal = null;
      // Whether the stream or its backup takes it, the first answer tells.
      route.turnTo(Route.PRIMARY, "the journal is empty");
      return direct(over);
    }
    look();
    if (waiting.isEmpty() || (!givenUp && journal.emptiesSoon())) {
      return null;
    }
    var records = new ArrayList<JournalRecord>();
    var parcels = new ArrayList<Parcel>();
    var unknown = new ArrayList<Boolean>();
    while (!waiting.isEmpty() && records.size() < MOST_JOURNALED) {
      Parcel parcel = waiting.remove();
      records.add(record(parcel, Optional.empty()));
      parcels.add(parcel);
      unknown.add(false);
    }
    return journal(records, parcels, unknown);
  }

  /** Where the journal takes nothing either, the route does not change with each message. */
  private boolean refusedJustNow() {
    return refusal != null && clock.nanoTime() - refusedAt < AFTER_REFUSAL.toNanos();
  }

  private Runnable journal(
      List<JournalRecord> records, List<Parcel> parcels, List<Boolean> unknown) {
    journaling++;
    Spill journal = Objects.requireNonNull(spill);
    return () -> {
      var unused =
          journal.append(records).whenComplete((done, error) -> journaled(parcels, unknown, error));
    };
  }

  private void journaled(List<Parcel> parcels, List<Boolean> unknown, @Nullable Throwable error) {
    lock.lock();
    try {
      journaling--;
      // Since when it refuses: each further message must not put off the next try of the backend.
      if (error != null && refusal == null) {
        refusedAt = clock.nanoTime();
      }
      refusal = error == null ? null : Stages.unwrap(error);
    } finally {
      lock.unlock();
    }
    if (error == null) {
      outcomes.journaled(parcels);
    } else {
      var failed = new Appended.Failed(Stages.asBrokerException("send", stream, error));
      var over = new Endings();
      for (int i = 0; i < parcels.size(); i++) {
        over.add(parcels.get(i), unknown.get(i) ? new Appended.Ambiguous(failed.error()) : failed);
      }
      over.tell(outcomes);
    }
    pump();
  }

  /** Looks again soon whether the journal is empty. */
  private void look() {
    if (!looking && !(resting && waiting.isEmpty())) {
      looking = true;
      schedule(LOOK_AT_JOURNAL, () -> looking = false);
    }
  }

  private void pauseBriefly() {
    if (!pausing) {
      pausing = true;
      schedule(pause, () -> pausing = false);
      pause = pause.compareTo(LAST_REPEAT.dividedBy(2)) > 0 ? LAST_REPEAT : pause.multipliedBy(2);
    }
  }

  private void schedule(Duration most, Runnable change) {
    long nanos = most.toNanos();
    clock.schedule(
        Duration.ofNanos(nanos / 2 + random.nextLong(nanos / 2 + 1)),
        () -> {
          lock.lock();
          try {
            change.run();
          } finally {
            lock.unlock();
          }
          pump();
        });
  }

  /** Sees to it that silence has an end, as long as something is under way. */
  private void watch() {
    if (spill == null || watched) {
      return;
    }
    watched = true;
    long now = clock.nanoTime();
    long longest = 0;
    for (Numbered each : open) {
      longest = each.attempt == 0 ? longest : Math.max(longest, now - each.sentAt);
    }
    long left = spill.spillAfter().toNanos() - longest;
    clock.schedule(Duration.ofNanos(Math.max(left, 1_000_000)), this::lookForSilence);
  }

  private void lookForSilence() {
    lock.lock();
    try {
      watched = false;
      long patience = Objects.requireNonNull(spill).spillAfter().toNanos();
      for (Numbered each : open) {
        if (clock.nanoTime() - each.sentAt < patience) {
          continue;
        }
        if (each.attempt != 0) {
          lost(each);
        }
        turn("no answer for " + spill.spillAfter());
      }
      if (!open.isEmpty() && mode != Mode.JOURNAL) {
        watch();
      }
    } finally {
      lock.unlock();
    }
    pump();
  }
}
