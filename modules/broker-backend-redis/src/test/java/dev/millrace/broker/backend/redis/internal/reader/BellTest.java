package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.GroupRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class BellTest {
  private static final GroupRef GROUP = new GroupRef("s", "main");

  private final Queue<Runnable> timers = new ArrayDeque<>();
  private final List<String> subscribed = new ArrayList<>();
  private final List<String> published = new ArrayList<>();
  private int refusals;
  private int ended;

  private final BrokerClock clock =
      new BrokerClock() {
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
          timers.add(task);
          return () -> timers.remove(task);
        }
      };

  private final EventBus bus =
      new EventBus() {
        @Override
        public CompletionStage<Void> publish(String channel, Entry event) {
          published.add(channel);
          return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<AutoCloseable> subscribe(ChannelPattern pattern, EventSink sink) {
          if (refusals > 0) {
            refusals--;
            return CompletableFuture.failedStage(new IllegalStateException("not now"));
          }
          subscribed.add(pattern.text());
          return CompletableFuture.completedStage(() -> ended++);
        }
      };

  private final Bell bell = new Bell(bus, clock, "me", group -> {}, group -> {});

  private void timersRun() {
    var due = List.copyOf(timers);
    timers.clear();
    due.forEach(Runnable::run);
  }

  @Test
  void listensAgainWhereItWasRefused() {
    refusals = 2;
    bell.listen(GROUP);
    assertEquals(List.of(), subscribed);
    timersRun();
    timersRun();
    assertEquals(1, subscribed.size());
    assertEquals(0, timers.size());
    bell.leave(GROUP);
    assertEquals(1, ended);
  }

  @Test
  void doesNotListenForAGroupThatHasLeft() {
    refusals = 1;
    bell.listen(GROUP);
    bell.leave(GROUP);
    timersRun();
    assertEquals(List.of(), subscribed);
  }

  @Test
  void callsThatFollowOneAnotherAreTwo() {
    for (int i = 0; i < 100; i++) {
      bell.ring(GROUP);
    }
    assertEquals(1, published.size());
    timersRun();
    assertEquals(2, published.size());
    timersRun();
    timersRun();
    assertEquals(2, published.size());
    assertEquals(0, timers.size());
  }
}
