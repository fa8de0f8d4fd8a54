package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.Durability;
import dev.millrace.broker.api.SendPolicy;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamLog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sends in gathered shipments, clocked by their answers: what arrives while one is under way goes
 * with the next. A shipment without an answer is repeated as it was, alone and before all that came
 * later, until its deadline; so messages stay in order, and numbers whose outcome is open stay
 * close together.
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

  private final StreamLog log;
  private final String stream;
  private final SendPolicy policy;
  private final boolean dedup;
  private final MessageIds ids;
  private final BrokerClock clock;
  private final RandomGenerator random;
  private final Outcomes outcomes;
  private final int depth;

  /** Guards all that follows; held for no call to the backend and none to a sender. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Parcel> waiting = new ArrayDeque<>();
  private final PriorityQueue<Shipment> repeats =
      new PriorityQueue<>(Comparator.comparingLong(shipment -> shipment.number));
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

  /**
   * To one stream.
   *
   * @param dedup whether the backend stores an id once; without it nothing is repeated
   */
  SendLine(
      StreamsContext context,
      String stream,
      SendPolicy policy,
      boolean dedup,
      MessageIds ids,
      Outcomes outcomes) {
    this.log = context.backend().log();
    this.stream = stream;
    this.policy = policy;
    this.dedup = dedup;
    this.ids = ids;
    this.clock = context.clock();
    this.random = context.random();
    this.outcomes = outcomes;
    this.depth = policy.durability() instanceof Durability.Replicated ? 1 : DEPTH;
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
    var late = new ArrayList<Parcel>();
    for (Shipment next = next(late); next != null; next = next(late)) {
      ship(next);
      refuse(late);
    }
    refuse(late);
  }

  private @Nullable Shipment next(List<Parcel> late) {
    lock.lock();
    try {
      Shipment next = pausing ? null : repeats.isEmpty() ? fresh(late) : repeat();
      if (next == null) {
        pumping = false;
      } else {
        underWay++;
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Shipment repeat() {
    return underWay == 0 ? repeats.poll() : null;
  }

  private @Nullable Shipment fresh(List<Parcel> late) {
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
      if (overdue(head.begun)) {
        late.add(head);
      } else {
        parcels.add(head);
        bytes += head.bytes;
      }
    }
    return parcels.isEmpty() ? null : new Shipment(shipments++, parcels, ids);
  }

  /** Ids that are ours and ids of callers are looked up in different ways: not in one shipment. */
  private static boolean fits(Parcel head, List<Parcel> parcels, long bytes) {
    return parcels.isEmpty()
        || (parcels.size() < MOST
            && bytes + head.bytes <= MOST_BYTES
            && parcels.getFirst().named == head.named);
  }

  private boolean overdue(long begun) {
    return policy.deadline().compareTo(Duration.ZERO) > 0
        && clock.nanoTime() - begun >= policy.deadline().toNanos();
  }

  private void refuse(List<Parcel> late) {
    if (late.isEmpty()) {
      return;
    }
    var all = List.copyOf(late);
    late.clear();
    Appended failed =
        new Appended.Failed(
            new BackendUnavailableException(
                "send",
                stream,
                "it waited for "
                    + policy.deadline()
                    + " behind messages that got no answer, and was not sent",
                null));
    outcomes.done(all, Collections.nCopies(all.size(), failed), null);
  }

  private void ship(Shipment shipment) {
    var unused =
        Sender.append(log, stream, shipment.entries, guard(shipment))
            .whenComplete((answers, error) -> answered(shipment, answers, error));
  }

  private AppendGuard guard(Shipment shipment) {
    AppendGuard guard = AppendGuard.none().durability(policy.durability());
    if (!dedup) {
      return guard;
    }
    return guard.dedup(
        shipment.named()
            ? new Dedup.ById(policy.idWindow())
            : new Dedup.BySequence(ids.producer(), WINDOW, shipment.repeated && known));
  }

  private void answered(
      Shipment shipment, @Nullable List<Appended> answers, @Nullable Throwable error) {
    boolean again;
    lock.lock();
    try {
      underWay--;
      boolean open = dedup && shipment.open(answers);
      // Refused while others before it are open, it shares their trouble and keeps its place.
      boolean behind =
          dedup && (underWay > 0 || !repeats.isEmpty()) && shipment.unavailable(answers);
      again =
          (open || behind)
              && !givenUp
              && clock.nanoTime() - shipment.begun() < policy.deadline().toNanos();
      if (again) {
        shipment.repeated |= open;
        repeats.add(shipment);
        pauseBriefly();
      } else if (!open && answers != null && answers.getFirst() instanceof Appended.At) {
        steady = true;
        known |= !shipment.named();
        pause = FIRST_REPEAT;
      }
    } finally {
      lock.unlock();
    }
    pump();
    if (!again) {
      tell(shipment, answers, error);
    }
  }

  private void tell(
      Shipment shipment, @Nullable List<Appended> answers, @Nullable Throwable error) {
    boolean whole = answers == null && !shipment.repeated;
    outcomes.done(
        shipment.parcels,
        whole ? null : shipment.last(answers, error == null ? null : Stages.unwrap(error)),
        error);
  }

  private void pauseBriefly() {
    steady = false;
    if (pausing) {
      return;
    }
    pausing = true;
    long nanos = pause.toNanos();
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
    pause = pause.compareTo(LAST_REPEAT.dividedBy(2)) > 0 ? LAST_REPEAT : pause.multipliedBy(2);
  }

  @Override
  public void giveUp() {
    List<Shipment> left;
    lock.lock();
    try {
      givenUp = true;
      left = List.copyOf(repeats);
      repeats.clear();
    } finally {
      lock.unlock();
    }
    for (Shipment shipment : left) {
      tell(shipment, null, new IllegalStateException("the producer was stopped meanwhile"));
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
