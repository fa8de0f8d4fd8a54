package dev.millrace.broker.streams;

import dev.millrace.broker.api.Overflow;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the limit of a stream means to a simple producer. Thread-safe. */
final class Ceiling {
  private static final Ceiling NONE = new Ceiling(null, Optional.empty(), false);

  private final @Nullable Backlog backlog;
  private final Optional<Duration> patience;
  private final boolean exact;

  private Ceiling(@Nullable Backlog backlog, Optional<Duration> patience, boolean exact) {
    this.backlog = backlog;
    this.patience = patience;
    this.exact = exact;
  }

  /** No limit. */
  static Ceiling none() {
    return NONE;
  }

  /**
   * A limit.
   *
   * @param exact whether the backend refuses above it; else only looks at the stream do
   */
  static Ceiling of(Backlog backlog, Overflow overflow, boolean exact) {
    return switch (overflow) {
      case Overflow.Block block -> new Ceiling(backlog, Optional.of(block.deadline()), exact);
      case Overflow.Reject reject -> new Ceiling(backlog, Optional.empty(), exact);
      case Overflow.Drop drop -> NONE;
    };
  }

  /** The stream as it was when the producer started. */
  void seen(StreamState state) {
    if (backlog != null) {
      backlog.seen(state);
    }
  }

  /** Whether what is sent now may be refused. */
  boolean near() {
    return backlog != null && backlog.near();
  }

  /** Whether sends wait for room. */
  boolean waits() {
    return patience.isPresent();
  }

  /** Whether a message that was handed in at this time has waited long enough for room. */
  boolean overdue(long begun, long now) {
    return patience.isEmpty() || now - begun >= patience.get().toNanos();
  }

  /** Whether nothing may be sent now, for the backend would not refuse it by itself. */
  boolean shut() {
    return backlog != null && !exact && backlog.full();
  }

  AppendGuard guard(AppendGuard guard, int entries, boolean checked) {
    if (backlog == null) {
      return guard;
    }
    backlog.sending(entries);
    return checked && exact ? guard.maxBacklog(backlog.limit()) : guard;
  }

  void answered(@Nullable List<Appended> answers) {
    if (backlog != null && answers != null && !answers.isEmpty()) {
      Appended last = answers.getLast();
      if (last instanceof Appended.Full) {
        backlog.answered(true);
      } else if (last instanceof Appended.At) {
        backlog.answered(false);
      }
    }
  }

  Appended full() {
    return new Appended.Full(backlog == null ? 0 : backlog.seen());
  }
}
