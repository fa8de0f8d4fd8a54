package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Agreement between processes: leases, membership, small values. */
public interface Coordination {
  /**
   * Takes or renews a named lease.
   *
   * @param holder who asks
   * @param length from now on
   * @return the lease with a token that rises with each new holder; empty if somebody else has it
   */
  CompletionStage<Optional<Lease>> acquire(String name, String holder, Duration length);

  /** Gives a lease back; does nothing if somebody else has it. */
  CompletionStage<Void> release(String name, String holder);

  /** Says that a member is alive, for this long. */
  CompletionStage<Void> heartbeat(String group, String member, Duration length);

  /** The members of a group that are alive. */
  CompletionStage<Set<String>> members(String group);

  /** A small value. */
  CompletionStage<Optional<byte[]>> get(String name);

  /**
   * Sets a small value if it is as expected.
   *
   * @param expected the present value; empty: none
   * @return whether it was set
   */
  CompletionStage<Boolean> compareAndSet(String name, Optional<byte[]> expected, byte[] value);

  /**
   * A lease that is held.
   *
   * @param holder by whom
   * @param token rises with each new holder
   */
  record Lease(String holder, long token) {}
}
