package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.TaskScheduling;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.api.spi.Trimming;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** What the cleaners of one manager share: the backend's parts, the timers, the look at memory. */
public final class Cleaning {
  final StreamLog log;
  final Trimming trimming;
  final Optional<Coordination> coordination;
  final Optional<ServerClock> serverClock;
  final BrokerClock clock;
  final TaskScheduling scheduling;
  final RandomGenerator random;
  final Telemetry telemetry;
  final MemoryWatch memory;

  /** Who holds the leases; of the manager and not of the process, for one process may have two. */
  final String holder;

  private Cleaning(
      Backend backend,
      Trimming trimming,
      TaskScheduling scheduling,
      RandomGenerator random,
      Telemetry telemetry) {
    this.log = backend.log();
    this.trimming = trimming;
    this.coordination = backend.facet(Coordination.class);
    this.serverClock = backend.facet(ServerClock.class);
    this.clock = backend.context().clock();
    this.scheduling = scheduling;
    this.random = random;
    this.telemetry = telemetry;
    this.memory = new MemoryWatch(trimming, scheduling, clock);
    this.holder = backend.context().instance() + "/" + Long.toHexString(random.nextLong());
  }

  /**
   * On a backend; empty if it cannot trim.
   *
   * @param scheduling when visits come; the caller closes it after the cleaners
   * @param random for jitter and the name under which leases are held; thread-safe
   */
  public static Optional<Cleaning> on(
      Backend backend, TaskScheduling scheduling, RandomGenerator random, Telemetry telemetry) {
    return backend
        .facet(Trimming.class)
        .map(trimming -> new Cleaning(backend, trimming, scheduling, random, telemetry));
  }
}
