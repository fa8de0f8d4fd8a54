package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Coordination.Lease;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** Leases, members and values of a store. Thread-safe. */
final class Agreement {
  private final BrokerClock clock;
  // Guards everything below.
  private final ReentrantLock lock = new ReentrantLock();
  private final Expiring<Lease> leases;
  private final Map<String, Expiring<Boolean>> groups = new HashMap<>();
  private final Map<String, byte[]> values = new HashMap<>();
  // One for all names, so that a name that is forgotten does not begin again below its last token.
  private long tokens;

  Agreement(BrokerClock clock) {
    this.clock = clock;
    this.leases = new Expiring<>(clock);
  }

  Optional<Lease> acquire(String name, String holder, Duration length) {
    lock.lock();
    try {
      Lease present = leases.get(name);
      if (present != null && !present.holder().equals(holder)) {
        return Optional.empty();
      }
      Lease lease = present == null ? new Lease(holder, ++tokens) : present;
      leases.put(name, lease, length);
      return Optional.of(lease);
    } finally {
      lock.unlock();
    }
  }

  void release(String name, String holder) {
    lock.lock();
    try {
      Lease present = leases.get(name);
      if (present != null && present.holder().equals(holder)) {
        leases.remove(name);
      }
    } finally {
      lock.unlock();
    }
  }

  void heartbeat(String group, String member, Duration length) {
    lock.lock();
    try {
      groups.computeIfAbsent(group, name -> new Expiring<>(clock)).put(member, true, length);
    } finally {
      lock.unlock();
    }
  }

  Set<String> members(String group) {
    lock.lock();
    try {
      Expiring<Boolean> members = groups.get(group);
      Set<String> alive = members == null ? Set.of() : members.names();
      if (alive.isEmpty()) {
        groups.remove(group);
      }
      return alive;
    } finally {
      lock.unlock();
    }
  }

  Optional<byte[]> get(String name) {
    lock.lock();
    try {
      return Optional.ofNullable(values.get(name)).map(byte[]::clone);
    } finally {
      lock.unlock();
    }
  }

  boolean compareAndSet(String name, Optional<byte[]> expected, byte[] value) {
    lock.lock();
    try {
      if (!Arrays.equals(values.get(name), expected.orElse(null))) {
        return false;
      }
      values.put(name, value.clone());
      return true;
    } finally {
      lock.unlock();
    }
  }
}
