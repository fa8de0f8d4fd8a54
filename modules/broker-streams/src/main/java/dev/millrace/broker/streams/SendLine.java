package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends in gathered shipments, clocked by their answers: what arrives while one is under way goes
 * with the next. A shipment without an answer is repeated as it was, alone and before all that came
 * later, until its deadline; so messages stay in order, and numbers whose outcome is open stay
 * close together. Between the choice of a shipment and its way to the backend anything may happen
 * to those before it: it names the last number of these, and the backend lets none pass that is not
 * there.
 */
final class SendLine implements Sender {
  /** How many numbers the backend remembers: many times those that can be open. */
  static final int WINDOW = 4_096;

  private static final int MOST = 256;
  private static final long MOST_BYTES = 1 << 20;

  /** Several are under way only if each is at least so long; else gathering is worth more. */
  private static final int WORTHWHILE = 64;

  private static final int DEPTH = 4;
  private static final Duration FIRST_REPEAT = Duration.ofMillis(20);
  private static final Duration LAST_REPEAT = Duration.ofSeconds(1);
  private static final Duration LOOK_FOR_ROOM = Duration.ofMillis(50);
  private static final Duration LAST_LOOK_FOR_ROOM = Duration.ofMillis(250);

  private final StreamLog log;
  private final String stream;
  private final SendPolicy policy;
  private final boolean dedup;
  private final MessageIds ids;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Outcomes outcomes;
  private final Ceiling ceiling;
  private final int depth;
  private final AtomicInteger open = new AtomicInteger();

  /** Guards all that follows; held for no call to the backend and none to a sender. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();
  private final PriorityQueue<Shipment> repeats =
      new PriorityQueue<>(Comparator.comparingLong(shipment -> shipment.number));
  // What was sent last. What goes while something is under way follows it.
  private @Nullable Shipment latest;
  private long shipments;
  private int underWay;
  private boolean pumping;
  private boolean pausing;
  private boolean givenUp;
  // Whether an answer came since the last trouble. Until then one is under way at a time: the first
  // call makes a server learn its script, and others would overtake it there.
  private boolean steady;
  // Whether the backend has ever told that it knows our numbers.
  private boolean known;
  private Duration pause = FIRST_REPEAT;
  private Duration look = LOOK_FOR_ROOM;
  // When the stream was last found full. Who waited for room has not waited for an answer.
  private boolean wasFull;
  private long fullAt;

  /**
   * To one stream.
   *
   * @param dedup whether the backend stores an id once; without it nothing is repeated
   * @param ceiling the limit of the stream; what does not fit waits for room here, in order
   */
  SendLine(
      StreamsContext context,
      String stream,
      SendPolicy policy,
      boolean dedup,
      MessageIds ids,
      Outcomes outcomes,
      Ceiling ceiling) {
    this.log = context.backend().log();
    this.stream = stream;
    this.policy = policy;
    this.dedup = dedup;
    this.ids = ids;
    this.clock = context.clock();
    this.random = context.random();
    this.outcomes = outcomes;
    this.ceiling = ceiling;
    this.depth = policy.durability() instanceof Durability.Replicated ? 1 : DEPTH;
  }

  @Override
  public void send(List<Parcel> parcels) {
    open.addAndGet(parcels.size());
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
      boolean removed = waiting.remove(parcel);
      if (removed) {
        open.decrementAndGet();
      }
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /** Whether something waits here or is under way. */
  boolean busy() {
    return open.get() > 0;
  }

  /** One thread at a time sends, so that shipments leave in their order. */
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
    var late = new Endings();
    for (Shipment next = next(late); next != null; next = next(late)) {
      ship(next);
      tell(late);
    }
    tell(late);
  }

  private @Nullable Shipment next(Endings late) {
    lock.lock();
    try {
      Shipment next = pausing ? null : repeats.isEmpty() ? fresh(late) : repeat(late);
      if (next == null) {
        pumping = false;
      } else {
        next.after = dedup && underWay > 0 && latest != null ? latest.entries.getLast() : null;
        latest = next;
        underWay++;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Shipment repeat(Endings late) {
    if (underWay > 0) {
      return null;
    }
    Shipment next = repeats.poll();
    if (next != null && next.full) {
      endOverdue(late);
      Appended full = next.repeated ? Shipment.fullWhenRepeated() : ceiling.full();
      next = next.without(parcel -> overdueFull(parcel, full, late), ids);
    }
    if (next != null) {
      next.checked = ceiling.near();
      return next;
    }
    // One that came too early may have waited behind what has ended just now.
    return repeats.isEmpty() ? fresh(late) : repeat(late);
  }

  private @Nullable Shipment fresh(Endings late) {
    boolean gather = underWay > 0 && (!steady || waiting.size() < WORTHWHILE);
    if (gather || underWay >= depth || waiting.isEmpty() || shut(late)) {
      return null;
    }
    // One after the other where some may be refused, so that none overtakes those.
    boolean checked = ceiling.near();
    if (checked && ceiling.waits() && underWay > 0) {
      return null;
    }
    var parcels = new ArrayList<Parcel>(Math.min(MOST, waiting.size()));
    long bytes = 0;
    for (Parcel head = waiting.peek();
        head != null && mayFollow(head) && fits(head, parcels, bytes);
        head = waiting.peek()) {
      waiting.remove();
      if (overdue(head.begun)) {
        late.add(head, waitedInVain());
      } else {
        parcels.add(head);
        bytes += head.bytes;
      }
    }
    if (parcels.isEmpty()) {
      return null;
    }
    var shipment = new Shipment(shipments++, parcels, ids);
    shipment.checked = checked;
    return shipment;
  }

  /** Whether a look saw the stream full, and the backend does not refuse by itself. */
  private boolean shut(Endings late) {
    if (!ceiling.shut()) {
      return false;
    }
    if (ceiling.waits() && !givenUp) {
      lookForRoom();
      endOverdue(late);
    } else {
      waiting.forEach(parcel -> late.add(parcel, ceiling.full()));
      waiting.clear();
    }
    return true;
  }

  private void endOverdue(Endings late) {
    for (Parcel head = waiting.peek();
        head != null && overdueFull(head, ceiling.full(), late);
        head = waiting.peek()) {
      waiting.remove();
    }
  }

  private boolean overdueFull(Parcel parcel, Appended full, Endings late) {
    boolean overdue = ceiling.overdue(parcel.begun, clock.nanoTime());
    if (overdue) {
      late.add(parcel, full);
    }
    return overdue;
  }

  /**
   * Whether it keeps its place behind what is under way. Ids of callers do not: that one is there
   * does not tell that those before it are, for somebody may have sent it before.
   */
  private boolean mayFollow(Parcel head) {
    return !dedup || underWay == 0 || (latest != null && !latest.named() && !head.named);
  }

  /** Ids that are ours and ids of callers are looked up in different ways: not in one shipment. */
  private static boolean fits(Parcel head, List<Parcel> parcels, long bytes) {
    return parcels.isEmpty()
        || (parcels.size() < MOST
            && bytes + head.bytes <= MOST_BYTES
            && parcels.getFirst().named == head.named);
  }

  private boolean overdue(long begun) {
    return policy.deadline().compareTo(Duration.ZERO) > 0 && waited(begun) >= deadlineNanos();
  }

  /** For how long something has waited for an answer, since the stream had room. */
  private long waited(long begun) {
    return clock.nanoTime() - (wasFull ? Math.max(begun, fullAt) : begun);
  }

  private long deadlineNanos() {
    return policy.deadline().toNanos();
  }

  private Appended waitedInVain() {
    return new Appended.Failed(
        new BackendUnavailableException(
            "send",
            stream,
            (givenUp
                    ? "the producer was stopped while it waited"
                    : "it waited for " + policy.deadline())
                + " behind messages that got no answer, and was not sent",
            null));
  }

  private void tell(Endings late) {
    open.addAndGet(-late.size());
    late.tell(outcomes);
  }

  private void ship(Shipment shipment) {
    var unused =
        Sender.append(log, stream, shipment.entries, guard(shipment))
            .whenComplete((answers, error) -> answered(shipment, answers, error));
  }

  private AppendGuard guard(Shipment shipment) {
    AppendGuard guard =
        ceiling.guard(
            AppendGuard.none().durability(policy.durability()),
            shipment.entries.size(),
            shipment.checked);
    if (!dedup) {
      return guard;
    }
    if (shipment.named()) {
      return guard.dedup(new Dedup.ById(policy.idWindow()));
    }
    var numbered = new Dedup.BySequence(ids.producer(), WINDOW, shipment.repeated && known);
    return guard.dedup(
        shipment.after == null ? numbered : numbered.after(numbered.sequenceOf(shipment.after)));
  }

  private void answered(
      Shipment shipment, @Nullable List<Appended> answers, @Nullable Throwable error) {
    ceiling.answered(answers);
    boolean again;
    boolean noRoom;
    boolean early;
    var over = new Endings();
    lock.lock();
    try {
      underWay--;
      boolean open = dedup && shipment.open(answers);
      // Refused while others before it are open, it shares their trouble and keeps its place.
      boolean behind =
          dedup && (underWay > 0 || !repeats.isEmpty()) && shipment.unavailable(answers);
      again = (open || behind) && !givenUp && waited(shipment.begun()) < deadlineNanos();
      noRoom = !again && answers != null && ceiling.waits() && Shipment.full(answers);
      early = !again && !noRoom && answers != null && Shipment.behind(answers);
      if (again) {
        shipment.repeated |= open;
        shipment.full = false;
        repeats.add(shipment);
        pauseBriefly();
      } else if (noRoom && answers != null) {
        waitForRoom(shipment, answers, over);
      } else if (early && answers != null) {
        waitForThoseBefore(shipment, answers, over);
      } else if (!open && answers != null && answers.getFirst() instanceof Appended.At) {
        steady = true;
        known |= !shipment.named();
        pause = FIRST_REPEAT;
        look = LOOK_FOR_ROOM;
      }
    } finally {
      lock.unlock();
    }
    tell(over);
    pump();
    if (!again && !noRoom && !early) {
      tell(shipment, answers, error);
    }
  }

  /** What found no room keeps its place before all that came later; the rest is over. */
  private void waitForRoom(Shipment shipment, List<Appended> answers, Endings over) {
    steady = false;
    wasFull = true;
    fullAt = clock.nanoTime();
    known |= !shipment.named() && answers.getFirst() instanceof Appended.At;
    List<Appended> last = last(shipment, answers);
    Shipment left =
        shipment.without(
            (parcel, i) -> {
              boolean waits =
                  (answers.get(i) instanceof Appended.Full
                          || answers.get(i) instanceof Appended.Behind)
                      && !givenUp
                      && !ceiling.overdue(parcel.begun, fullAt);
              if (!waits) {
                over.add(parcel, last.get(i));
              }
              return !waits;
            },
            ids);
    if (left != null) {
      left.full = true;
      repeats.add(left);
    }
    endOverdue(over);
    lookForRoom();
  }

  /**
   * What came too early goes once more when nothing is under way, and follows nothing then:
   * whatever became of those before it, they are over, or are repeated first. No pause, for nothing
   * failed.
   */
  private void waitForThoseBefore(Shipment shipment, List<Appended> answers, Endings over) {
    known |= answers.getFirst() instanceof Appended.At;
    boolean ends = givenUp || overdue(shipment.begun());
    List<Appended> last = last(shipment, answers);
    Shipment left =
        shipment.without(
            (parcel, i) -> {
              boolean waits = answers.get(i) instanceof Appended.Behind && !ends;
              if (!waits) {
                over.add(parcel, last.get(i));
              }
              return !waits;
            },
            ids);
    if (left != null) {
      repeats.add(left);
    }
  }

  private List<Appended> last(Shipment shipment, List<Appended> answers) {
    return shipment.last(
        answers.stream()
            .map(answer -> answer instanceof Appended.Behind ? waitedInVain() : answer)
            .toList(),
        null);
  }

  private void tell(
      Shipment shipment, @Nullable List<Appended> answers, @Nullable Throwable error) {
    boolean whole = answers == null && !shipment.repeated;
    open.addAndGet(-shipment.parcels.size());
    outcomes.done(
        shipment.parcels,
        whole ? null : shipment.last(answers, error == null ? null : Stages.unwrap(error)),
        error);
  }

  private void pauseBriefly() {
    steady = false;
    if (!pausing) {
      pauseFor(pause);
      pause = pause.compareTo(LAST_REPEAT.dividedBy(2)) > 0 ? LAST_REPEAT : pause.multipliedBy(2);
    }
  }

  private void lookForRoom() {
    if (!pausing) {
      pauseFor(look);
      look =
          look.compareTo(LAST_LOOK_FOR_ROOM.dividedBy(2)) > 0
              ? LAST_LOOK_FOR_ROOM
              : look.multipliedBy(2);
    }
  }

  private void pauseFor(Duration most) {
    pausing = true;
    long nanos = most.toNanos();
    clock.schedule(
        Duration.ofNanos(nanos / 2 + random.nextLong(nanos / 2 + 1)),
        () -> {
          lock.lock();
          try {
            pausing = false;
          } finally {
            lock.unlock();
          }
          pump();
        });
  }

  @Override
  public void giveUp() {
    List<Shipment> left;
    Appended unsent;
    lock.lock();
    try {
      givenUp = true;
      unsent = waitedInVain();
      left = List.copyOf(repeats);
      repeats.clear();
    } finally {
      lock.unlock();
    }
    for (Shipment shipment : left) {
      Appended answer = shipment.full ? ceiling.full() : shipment.repeated ? null : unsent;
      tell(
          shipment,
          answer == null ? null : Collections.nCopies(shipment.parcels.size(), answer),
          new IllegalStateException("the producer was stopped meanwhile"));
    }
    pump();
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      givenUp = false;
    } finally {
      lock.unlock();
    }
  }
}
