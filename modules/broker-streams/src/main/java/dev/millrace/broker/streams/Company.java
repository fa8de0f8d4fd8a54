package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.BrokerClock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who runs beside whom in this process. Ordinary attempts start whenever the door is open, which
 * costs them one look at it. A suspect, a message that may have killed a process, has its turn
 * alone: the door closes, what runs finishes, the suspect runs, and the door opens again; between
 * two suspects the ordinary ones get a round. Where a long handler does not finish within the
 * suspect's patience, the suspect runs beside it, and for a while others do not even try. A suspect
 * that takes long keeps its turn for so long and no longer: the next has its own beside it. Shared
 * by all consumers of a manager. Thread-safe.
 */
public final class Company {
  private static final int CROWDED_FOR = 10;

  /** A message that may have killed a process. */
  interface Suspect {
    /** How long it waits to be alone. */
    Duration patience();

    /** How long its turn lasts at most if it runs beside others. */
    Duration turn();

    /** Its turn: nobody else runs, and nobody starts until {@link Company#done} or outstayed. */
    void runAlone();

    /** Its turn, but others run as well. */
    void runInCompany();

    /** Another one is slow, so that this one has long to wait. Called without a lock. */
    void waitsLong();
  }

  private enum Turn {
    NONE,
    WAITING,
    RUNNING
  }

  private final BrokerClock clock;
  private final List<Slots> members = new CopyOnWriteArrayList<>();

  /** Guards the fields below: whose turn it is. Never held while a handler runs. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Queue<Suspect> waiting = new ArrayDeque<>();
  private @Nullable Suspect current;
  private Turn turn = Turn.NONE;
  private BrokerClock.@Nullable Cancellable timer;
  private long crowdedUntil;
  private boolean crowded;

  private volatile boolean closed;

  /** An empty one. */
  public Company(BrokerClock clock) {
    this.clock = clock;
  }

  void join(Slots slots) {
    members.add(slots);
  }

  void leave(Slots slots) {
    members.remove(slots);
    freed();
  }

  /** Whether no ordinary attempt may start now. */
  boolean closed() {
    return closed;
  }

  /** Somebody may have been the last that a suspect waits for. */
  void freed() {
    lock.lock();
    try {
      if (turn == Turn.WAITING && idle()) {
        runAlone();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Queues a suspect for its turn. */
  void admit(Suspect suspect) {
    boolean behind;
    lock.lock();
    try {
      waiting.add(suspect);
      if (turn == Turn.NONE) {
        next();
      }
      behind = crowdedNow() && waiting.contains(suspect);
    } finally {
      lock.unlock();
    }
    if (behind) {
      suspect.waitsLong();
    }
  }

  /**
   * A suspect is not to run any more: nobody waits for its turn. False if it has had it, or never
   * came.
   */
  boolean withdraw(Suspect suspect) {
    lock.lock();
    try {
      if (waiting.remove(suspect)) {
        return true;
      }
      boolean next = suspect.equals(current) && turn == Turn.WAITING;
      if (next) {
        over();
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** A suspect that had its turn has ended. */
  void done(Suspect suspect) {
    lock.lock();
    try {
      if (suspect.equals(current)) {
        over();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A suspect has run for too long to keep its turn: others, suspects too, start beside it. */
  void outstayed(Suspect suspect) {
    List<Suspect> behind = List.of();
    lock.lock();
    try {
      if (suspect.equals(current)) {
        crowd(suspect);
        over();
        behind = List.copyOf(waiting);
      }
    } finally {
      lock.unlock();
    }
    behind.forEach(Suspect::waitsLong);
  }

  private void over() {
    disarm();
    current = null;
    turn = Turn.NONE;
    letIn();
    next();
  }

  private void crowd(Suspect suspect) {
    crowded = true;
    crowdedUntil = clock.nanoTime() + suspect.patience().toNanos() * CROWDED_FOR;
  }

  private boolean crowdedNow() {
    return crowded && clock.nanoTime() - crowdedUntil < 0;
  }

  private void next() {
    Suspect suspect = waiting.poll();
    if (suspect == null) {
      return;
    }
    current = suspect;
    turn = Turn.WAITING;
    // First the door, then the look: whoever took a slot before sees it closed, or is seen here.
    closed = true;
    if (idle()) {
      runAlone();
    } else if (crowdedNow()) {
      runInCompany();
    } else {
      timer = clock.schedule(suspect.patience(), () -> giveUp(suspect));
    }
  }

  private void giveUp(Suspect suspect) {
    List<Suspect> behind = List.of();
    lock.lock();
    try {
      if (suspect.equals(current) && turn == Turn.WAITING) {
        crowd(suspect);
        runInCompany();
        behind = List.copyOf(waiting);
      }
    } finally {
      lock.unlock();
    }
    behind.forEach(Suspect::waitsLong);
  }

  private void runAlone() {
    crowded = false;
    begin().runAlone();
  }

  private void runInCompany() {
    Suspect suspect = begin();
    letIn();
    // From now and not from its start: its slots may all be taken by handlers that do not end.
    timer = clock.schedule(suspect.turn(), () -> outstayed(suspect));
    suspect.runInCompany();
  }

  private Suspect begin() {
    Suspect suspect = Objects.requireNonNull(current);
    turn = Turn.RUNNING;
    disarm();
    return suspect;
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void letIn() {
    closed = false;
    members.forEach(Slots::dispatch);
  }

  private boolean idle() {
    for (Slots slots : members) {
      if (slots.taken() > 0) {
        return false;
      }
    }
    return true;
  }
}
