package dev.millrace.broker.backend.memory.simulation;

import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.backend.memory.simulation.Tally.Event;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A reader that does with each message what the seed says: well behaved once the world is calm. */
final class Worker implements Sink {
  private final World world;
  private final GroupModel model;
  private final GroupRef group;
  private final String name;
  private final GroupReader reader;
  private boolean dead;
  private boolean gone;
  private int credit;

  Worker(World world, GroupModel model, String name) {
    this.world = world;
    this.model = model;
    this.name = name;
    this.group = new GroupRef(World.STREAM, model.name());
    var spec =
        new ReaderSpec(
            name, StartPosition.beginning(), 4, Duration.ofSeconds(1), World.LEASE, false);
    this.reader = world.backend.log().open(group, spec, this);
    ask(1 + world.scheduler.random().nextInt(6));
  }

  boolean alive() {
    return !dead && !gone;
  }

  boolean dead() {
    return dead;
  }

  /** Says nothing any more: what it holds has to come back by itself. */
  void die() {
    dead = true;
  }

  void leave() {
    gone = true;
    var unused = reader.leave();
  }

  void stopAndGoOn() {
    world.tally.add(Event.STOPPED);
    credit = 0;
    var unused = reader.stopReading();
    world.later(
        world.upTo(World.LEASE),
        () -> {
          if (alive()) {
            reader.resumeReading();
            ask(3);
          }
        });
  }

  private void ask(int more) {
    credit += more;
    reader.request(more);
  }

  @Override
  public void deliver(List<Received> batch) {
    for (Received received : batch) {
      world.tally.add(Event.DELIVERED);
      if (received.past().recovered()) {
        world.tally.add(Event.RECOVERED);
      }
      world.note(name + " " + received.entry().id().orElseThrow() + " " + received.delivery());
      world.checked(() -> model.delivered(received, this));
      credit--;
      // Even the dead were given it: they only never answer.
      if (!dead) {
        world.later(world.upTo(Duration.ofSeconds(1)), () -> work(received));
      }
    }
    if (credit < 0) {
      world.checked(
          () -> {
            throw new AssertionError(name + " was given more than it asked for");
          });
    }
  }

  private void work(Received received) {
    if (!alive()) {
      return;
    }
    int dice = world.wild() ? world.scheduler.random().nextInt(12) : 0;
    switch (dice) {
      case 0, 1, 2, 3 -> settle(received, new Settlement.Ack(received), Event.ACKNOWLEDGED);
      case 4 -> release(received, Duration.ZERO, Event.RELEASED);
      case 5 -> release(received, World.LEASE.dividedBy(3), Event.RELEASED);
      case 6 -> release(received, World.LEASE.multipliedBy(4), Event.PARKED);
      case 7 ->
          settle(received, new Settlement.MoveTo(received, "dead", received.entry()), Event.MOVED);
      case 8, 9 -> renew(received);
      case 10 -> note(received);
      // Slower than its lease.
      default -> world.later(World.LEASE.plus(world.upTo(World.LEASE)), () -> work(received));
    }
  }

  private void release(Received received, Duration after, Event event) {
    Optional<String> note =
        world.chance(2) ? Optional.of("n" + world.scheduler.steps()) : Optional.empty();
    settle(received, new Settlement.Release(received, after, note), event);
  }

  private void settle(Received received, Settlement settlement, Event event) {
    boolean newest = model.isNewest(received);
    Settled answer = World.now(reader.settle(List.of(settlement))).getFirst();
    world.tally.add(answer == Settled.DONE ? event : Event.STALE);
    if (!newest && answer != Settled.STALE) {
      throw new AssertionError(name + ": a late " + event + " was answered " + answer);
    }
    boolean ends = !(settlement instanceof Settlement.Release);
    String note =
        settlement instanceof Settlement.Release release ? release.note().orElse(null) : null;
    model.settled(received, answer, ends, note);
    if (world.wild() && world.chance(20)) {
      // Once more, as one does that had no answer.
      Settled again = World.now(reader.settle(List.of(settlement))).getFirst();
      if (again != Settled.STALE) {
        throw new AssertionError(name + ": settled twice, answered " + again);
      }
    }
    ask(1);
  }

  private void renew(Received received) {
    boolean newest = model.isNewest(received);
    var renewed = World.now(leases().renew(group, List.of(received), World.LEASE));
    if (!newest && !renewed.isEmpty()) {
      throw new AssertionError(name + ": a late renewal took effect");
    }
    if (renewed.isEmpty()) {
      world.tally.add(Event.STALE);
      ask(1);
    } else {
      world.tally.add(Event.RENEWED);
      world.later(world.upTo(Duration.ofSeconds(1)), () -> work(received));
    }
  }

  private void note(Received received) {
    String note = "k" + world.scheduler.steps();
    if (World.now(leases().note(group, received, note))) {
      world.tally.add(Event.NOTED);
      model.noted(received, note);
      world.later(world.upTo(Duration.ofSeconds(1)), () -> work(received));
    } else {
      world.tally.add(Event.STALE);
      ask(1);
    }
  }

  private Leases leases() {
    return world.backend.facet(Leases.class).orElseThrow();
  }

  @Override
  public void recreated(Position from) {
    throw new AssertionError(name + ": nobody deleted the stream");
  }

  @Override
  public void failed(Throwable error) {
    throw new AssertionError(name + ": nothing can fail here", error);
  }
}
