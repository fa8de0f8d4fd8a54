package dev.millrace.broker.rpc;

import dev.millrace.broker.api.spi.BrokerClock.Cancellable;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Requests;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server does at intervals: it renews the leases of the requests in hand, says that it is
 * there, for all that its group needs expires, and asks for the backend's time.
 */
final class Upkeep {
  private static final Logger LOG = LoggerFactory.getLogger(Upkeep.class);

  /** Many times the interval: what a server needs goes only when all have died. */
  private static final Duration KEPT = Duration.ofMinutes(10);

  /** Soon once, for a request that made the stream may have set a shorter time. */
  private static final Duration FIRST = Duration.ofSeconds(1);

  private static final Duration INTERVAL = Duration.ofSeconds(20);

  private final String name;
  private final GroupRef servers;
  private final RpcContext context;
  private final InHand inHand;
  private final ServerTime time;
  private final Counts counts;
  private final Requests requests;
  private final Leases leases;

  /** Guards what follows. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Cancellable nextRenewal;
  private @Nullable Cancellable nextAttendance;
  private boolean ended;

  Upkeep(
      String name,
      GroupRef servers,
      RpcContext context,
      InHand inHand,
      ServerTime time,
      Counts counts) {
    this.name = name;
    this.servers = servers;
    this.context = context;
    this.inHand = inHand;
    this.time = time;
    this.counts = counts;
    this.requests = context.backend().facet(Requests.class).orElseThrow();
    this.leases = context.backend().facet(Leases.class).orElseThrow();
  }

  /** Completes when the server was told of for the first time. */
  CompletionStage<Void> begin() {
    lock.lock();
    try {
      nextAttendance = context.clock().schedule(FIRST, this::attend);
      nextRenewal = context.clock().schedule(context.lease().dividedBy(3), this::renew);
    } finally {
      lock.unlock();
    }
    return requests.attend(servers, KEPT);
  }

  void end() {
    lock.lock();
    try {
      ended = true;
      if (nextRenewal != null) {
        nextRenewal.cancel();
      }
      if (nextAttendance != null) {
        nextAttendance.cancel();
      }
    } finally {
      lock.unlock();
    }
  }

  private void attend() {
    lock.lock();
    try {
      if (ended) {
        return;
      }
      nextAttendance = context.clock().schedule(INTERVAL, this::attend);
    } finally {
      lock.unlock();
    }
    logged("say that it is there", requests.attend(servers, KEPT));
    logged("ask for the time", time.ask());
  }

  private void logged(String what, CompletionStage<Void> stage) {
    var unused =
        stage.whenComplete(
            (done, error) -> {
              if (error != null) {
                LOG.debug("{}: could not {}", name, what, error);
              }
            });
  }

  private void renew() {
    lock.lock();
    try {
      if (ended) {
        return;
      }
      nextRenewal = context.clock().schedule(context.lease().dividedBy(3), this::renew);
    } finally {
      lock.unlock();
    }
    List<Running> held = inHand.all().stream().filter(one -> !one.answered.get()).toList();
    var received = new ArrayList<Received>();
    for (Running one : held) {
      if (one.received != null) {
        received.add(one.received);
      }
    }
    if (received.isEmpty()) {
      return;
    }
    var unused =
        leases
            .renew(servers, received, context.lease())
            .whenComplete(
                (renewed, error) -> {
                  if (error != null) {
                    LOG.warn("{}: {} requests were not renewed", name, received.size(), error);
                  } else {
                    counts.count("renewed", renewed.size());
                    held.forEach(one -> lost(one, renewed));
                  }
                });
  }

  /** Another server has it, and has told its caller so. */
  private void lost(Running one, Set<Position> renewed) {
    Received received = one.received;
    if (received != null && !renewed.contains(received.position()) && !one.answered.get()) {
      counts.count("leases-lost");
      LOG.warn("{}: {} was lost to another server", name, one.request);
      one.cancel();
    }
  }
}
