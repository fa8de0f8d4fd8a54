package dev.millrace.broker.backend.redis.internal.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Node;
import io.lettuce.core.RedisCommandExecutionException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ShardedSubscriptionsTest {
  private static final Throwable FORBIDDEN =
      new RedisCommandExecutionException("NOPERM this user has no permissions");
  private final Log log = new Log();
  private final List<String> heard = new ArrayList<>();
  private final List<Instant> gaps = new ArrayList<>();
  private final Timers timers = new Timers();
  private final FakeShards shards = new FakeShards();
  private final ShardedSubscriptions subscriptions =
      new ShardedSubscriptions(shards, timers, "redis-cluster://h:1", log);

  /** Remembers how loud it was told. */
  private static final class Log implements System.Logger {
    final List<Level> levels = new ArrayList<>();

    @Override
    public String getName() {
      return "log";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String text, @Nullable Throwable thrown) {
      levels.add(level);
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String format, @Nullable Object... params) {
      levels.add(level);
    }
  }

  /** Timers that go off when the test says so. */
  private static final class Timers implements BrokerClock {
    private record Timer(Instant at, Runnable task) {}

    private final List<Timer> waiting = new ArrayList<>();
    private Instant now = Instant.EPOCH;

    @Override
    public Instant now() {
      return now;
    }

    @Override
    public long nanoTime() {
      return Duration.between(Instant.EPOCH, now).toNanos();
    }

    @Override
    public Cancellable schedule(Duration delay, Runnable task) {
      var timer = new Timer(now.plus(delay), task);
      waiting.add(timer);
      return () -> waiting.remove(timer);
    }

    void pass(Duration time) {
      Instant end = now.plus(time);
      while (true) {
        Timer next =
            waiting.stream()
                .filter(timer -> !timer.at().isAfter(end))
                .min(Comparator.comparing(Timer::at))
                .orElse(null);
        if (next == null) {
          now = end;
          return;
        }
        waiting.remove(next);
        now = next.at();
        next.task().run();
      }
    }
  }

  @AfterEach
  void close() {
    subscriptions.close();
  }

  private CompletableFuture<Topic.Listener> add(String channel) {
    return subscriptions
        .add(
            ChannelPattern.exactly(channel),
            new EventSink() {
              @Override
              public void event(String on, Entry event) {
                heard.add(event.fields().text("payload"));
              }

              @Override
              public void gap(Instant from, Instant to) {
                gaps.add(from);
              }
            })
        .toCompletableFuture();
  }

  private void remove(String channel, CompletableFuture<Topic.Listener> added) {
    subscriptions.remove(ChannelPattern.exactly(channel), added.join());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void channelThatIsRefusedAtOnceDoesNotKeepTheOthersFromBeingAskedFor() {
    shards.atOnce = false;
    var forbidden = add("forbidden");
    var news = add("news");
    var weather = add("weather");
    shards.refusals.put("ssubscribe forbidden", FORBIDDEN);
    shards.last().connect();
    assertTrue(forbidden.isCompletedExceptionally());
    assertEquals(
        List.of("ssubscribe forbidden", "ssubscribe news", "ssubscribe weather"),
        shards.last().commands.stream().filter(each -> each.startsWith("ssub")).toList());
    shards.last().says().ssubscribed("news", 1);
    shards.last().says().ssubscribed("weather", 2);
    assertTrue(news.isDone() && weather.isDone());
    timers.pass(Duration.ofSeconds(2));
    assertTrue(shards.last().commands.contains("clusterInfo"), "no beat");
  }

  @Test
  void connectionThatIsGoneWithoutAWordIsMadeAgain() {
    var news = add("news");
    FakeShards.Link first = shards.last();
    first.says().ssubscribed("news", 1);
    assertTrue(news.isDone());
    first.open = false;
    subscriptions.doubtful();
    timers.pass(Duration.ofSeconds(2));
    assertEquals(2, shards.links.size());
    shards.last().says().ssubscribed("news", 1);
    assertEquals(1, gaps.size());
  }

  @Test
  void whatAnotherConnectionStillBringsIsNotHeard() {
    var unused = add("news");
    FakeShards.Link old = shards.last();
    old.says().ssubscribed("news", 1);
    old.says().smessage("news", bytes("A"));
    shards.owner = new Node("two", 2);
    old.says().sunsubscribed("news", 0);
    timers.pass(Duration.ofSeconds(2));
    shards.last().says().ssubscribed("news", 1);
    shards.last().says().smessage("news", bytes("B"));
    old.says().smessage("news", bytes("B"));
    assertEquals(List.of("A", "B"), heard);
    assertEquals(1, gaps.size());
  }

  @Test
  void channelThatIsLeftAndWantedAgainWaitsForItsOwnAnswer() {
    var stays = add("stays");
    FakeShards.Link link = shards.last();
    link.says().ssubscribed("stays", 1);
    var first = add("news");
    link.says().ssubscribed("news", 2);
    remove("news", first);
    var again = add("news");
    assertEquals(
        List.of("ssubscribe stays", "ssubscribe news", "sunsubscribe news", "ssubscribe news"),
        link.commands);
    link.says().ssubscribed("news", 2); // of a question before
    assertFalse(again.isDone());
    link.says().sunsubscribed("news", 1);
    assertFalse(again.isDone());
    link.says().ssubscribed("news", 2);
    assertTrue(again.isDone() && stays.isDone());
    assertEquals(List.of(), gaps);
    // And the next one is the node's.
    link.says().sunsubscribed("news", 1);
    link.says().ssubscribed("news", 2);
    assertEquals(1, gaps.size());
  }

  @Test
  void channelThatIsRefusedForGoodIsInTheLogOnceAndTriedNowAndThen() {
    var unused = add("news");
    FakeShards.Link old = shards.last();
    old.says().ssubscribed("news", 1);
    shards.owner = new Node("two", 2);
    shards.refusals.put("ssubscribe news", FORBIDDEN);
    old.says().sunsubscribed("news", 0);
    timers.pass(Duration.ofSeconds(2));
    assertEquals(List.of(Level.WARNING), log.levels);
    int before = shards.refreshes;
    timers.pass(Duration.ofMinutes(1));
    assertEquals(List.of(Level.WARNING), log.levels);
    assertTrue(shards.refreshes - before <= 7, "asked " + (shards.refreshes - before) + " times");
    shards.refusals.clear();
    timers.pass(Duration.ofSeconds(15));
    shards.last().says().ssubscribed("news", 1);
    assertEquals(List.of(Level.WARNING, Level.INFO), log.levels);
    assertEquals(1, gaps.size());
  }

  @Test
  void channelThatNobodyHasForLongIsInTheLogOnce() {
    var unused = add("news");
    shards.last().says().ssubscribed("news", 1);
    shards.refusals.put("ssubscribe news", new RedisCommandExecutionException("CLUSTERDOWN"));
    shards.last().says().sunsubscribed("news", 0);
    timers.pass(Duration.ofSeconds(5));
    assertEquals(List.of(), log.levels);
    timers.pass(Duration.ofSeconds(30));
    assertEquals(List.of(Level.WARNING), log.levels);
  }
}
