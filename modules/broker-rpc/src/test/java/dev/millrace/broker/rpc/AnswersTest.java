package dev.millrace.broker.rpc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class AnswersTest {
  private static final Duration LEASE = Duration.ofSeconds(10);

  private final VirtualClock clock = new VirtualClock(Instant.EPOCH);
  private final Queue<Settled> said = new ArrayDeque<>();
  private final List<Object> heard = new ArrayList<>();
  private BrokerClock time = clock;
  private int attempts;

  private void settle(Settled... answers) {
    said.addAll(List.of(answers));
    var received =
        new Received(
            Position.UNKNOWN,
            Entry.of("r1", Fields.of("a", "b")),
            0,
            OptionalInt.of(1),
            OptionalLong.empty(),
            Received.Past.none(),
            "receipt");
    Answers.settle(
        new Scripted(),
        time,
        LEASE,
        new Settlement.Ack(received, true),
        new Answers.End() {
          @Override
          public void settled(Settled how) {
            heard.add(how);
          }

          @Override
          public void failed(Throwable fault) {
            heard.add(fault.getMessage());
          }
        });
  }

  /** Answers as it was told to; then it throws. */
  private final class Scripted implements GroupReader {
    @Override
    public CompletionStage<Void> ready() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<List<Settled>> settle(List<Settlement> settlements) {
      attempts++;
      Settled next = said.poll();
      if (next == null) {
        throw new AssertionError("broken");
      }
      return CompletableFuture.completedFuture(List.of(next));
    }

    @Override
    public void request(int credit) {}

    @Override
    public CompletionStage<Void> stopReading() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void resumeReading() {}

    @Override
    public CompletionStage<Void> leave() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {}
  }

  @Test
  void whatIsTakenIsToldAtOnce() {
    settle(Settled.DONE);
    assertEquals(List.of(Settled.DONE), heard);
    assertEquals(0, clock.pendingTimers());
  }

  @Test
  void whatIsRefusedIsTriedAgainAfterAPause() {
    settle(Settled.REFUSED, Settled.REFUSED, Settled.DONE);
    assertEquals(List.of(), heard);
    clock.advance(Duration.ofMillis(50));
    assertEquals(2, attempts);
    clock.advance(Duration.ofMillis(99));
    assertEquals(2, attempts);
    clock.advance(Duration.ofMillis(1));
    assertEquals(List.of(Settled.DONE), heard);
  }

  @Test
  void whatIsStaleAfterNoAnswerCameWasDoneByThat() {
    settle(Settled.UNKNOWN, Settled.STALE);
    clock.advance(Duration.ofSeconds(1));
    assertEquals(List.of(Settled.DONE), heard);
  }

  @Test
  void whatIsRefusedUntilTheLeaseIsOverIsGivenUp() {
    said.addAll(Collections.nCopies(100, Settled.REFUSED));
    settle();
    clock.advance(LEASE.minusMillis(1));
    assertEquals(List.of(), heard);
    clock.advance(Duration.ofSeconds(1));
    assertEquals(List.of(Settled.REFUSED), heard);
    int before = attempts;
    clock.advance(LEASE);
    assertEquals(before, attempts);
  }

  /** Takes no timer any more. */
  private static final class Stopped implements BrokerClock {
    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
      throw new RejectedExecutionException("no timers");
    }
  }

  @Test
  void faultOfAnAttemptIsTold() {
    settle();
    assertEquals(List.of("broken"), heard);
  }

  @Test
  void whatCannotBeTriedAgainIsToldAsFailed() {
    time = new Stopped();
    settle(Settled.REFUSED);
    assertEquals(List.of("no timers"), heard);
  }

  @Test
  void faultOfALaterAttemptIsToldToo() {
    settle(Settled.REFUSED);
    clock.advance(Duration.ofMillis(50));
    assertEquals(List.of("broken"), heard);
  }
}
