package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the readers of other processes that something of their group was handed back, so that they
 * look at once and not at their next turn; and that an audit begins. By pub/sub, which may lose a
 * call: what is missed is found at the next turn. Thread-safe.
 */
final class Bell {
  private static final System.Logger LOG = System.getLogger(Bell.class.getName());

  /** A field of a call that is about an audit. */
  private static final String AUDIT = "audit";

  /** After a call of a group those within this time are one. */
  private static final Duration GATHERED = Duration.ofMillis(20);

  private static final Duration AGAIN = Duration.ofSeconds(10);

  private final EventBus bus;
  private final BrokerClock clock;
  private final String instance;
  private final Consumer<GroupRef> heard;
  private final Consumer<GroupRef> audited;
  private final Map<GroupRef, CompletionStage<AutoCloseable>> listening = new ConcurrentHashMap<>();

  /** Groups that rang just now, and whether they have to once more. */
  private final Map<GroupRef, Boolean> rang = new ConcurrentHashMap<>();

  private volatile boolean refusalTold;

  /**
   * A bell.
   *
   * @param instance this process, which does not hear itself
   * @param heard something was handed back; called on a thread of the connection
   * @param audited an audit may have begun; as that
   */
  Bell(
      EventBus bus,
      BrokerClock clock,
      String instance,
      Consumer<GroupRef> heard,
      Consumer<GroupRef> audited) {
    this.bus = bus;
    this.clock = clock;
    this.instance = instance;
    this.heard = heard;
    this.audited = audited;
  }

  /** Listens for a group from now on. Where that is refused it is tried again, until it leaves. */
  void listen(GroupRef group) {
    listening.computeIfAbsent(group, this::subscribe);
  }

  private CompletionStage<AutoCloseable> subscribe(GroupRef group) {
    return Checked.safely(() -> bus.subscribe(ChannelPattern.exactly(channel(group)), sink(group)))
        .whenComplete(
            (subscription, error) -> {
              if (error != null) {
                refused(error);
                clock.schedule(
                    AGAIN, () -> listening.computeIfPresent(group, (key, old) -> again(key, old)));
              }
            });
  }

  /** Not where the group has left meanwhile and come back, and is listened for. */
  private CompletionStage<AutoCloseable> again(
      GroupRef group, CompletionStage<AutoCloseable> before) {
    return before.toCompletableFuture().isCompletedExceptionally() ? subscribe(group) : before;
  }

  private void refused(Throwable error) {
    if (!refusalTold) {
      refusalTold = true;
      LOG.log(
          System.Logger.Level.WARNING,
          "What other processes hand back is noticed later, at the next look: {0}",
          error.getMessage());
    }
  }

  private EventSink sink(GroupRef group) {
    return new EventSink() {
      @Override
      public void event(String channel, Entry event) {
        if (instance.equals(event.id().orElse(""))) {
          return;
        }
        if (event.fields().has(AUDIT)) {
          audited.accept(group);
        } else {
          heard.accept(group);
        }
      }

      @Override
      public void gap(Instant from, Instant to) {
        heard.accept(group);
        audited.accept(group);
      }
    };
  }

  /** Does not listen any more. */
  void leave(GroupRef group) {
    CompletionStage<AutoCloseable> subscription = listening.remove(group);
    if (subscription != null) {
      var unused = subscription.whenComplete((open, error) -> close(open));
    }
  }

  private static void close(@Nullable AutoCloseable open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (Exception cannot) {
      LOG.log(System.Logger.Level.WARNING, "A subscription could not be ended", cannot);
    }
  }

  /** Something of the group was handed back. */
  void ring(GroupRef group) {
    if (rang.put(group, rang.containsKey(group)) == null) {
      ringNow(group);
      clock.schedule(GATHERED, () -> gathered(group));
    }
  }

  /** An audit of the group begins. */
  void audit(GroupRef group) {
    publish(group, Fields.of(AUDIT, "begins"));
  }

  private void gathered(GroupRef group) {
    if (Boolean.TRUE.equals(rang.remove(group))) {
      ring(group);
    }
  }

  private void ringNow(GroupRef group) {
    publish(group, Fields.of());
  }

  private void publish(GroupRef group, Fields what) {
    var unused =
        Checked.safely(() -> bus.publish(channel(group), Entry.of(instance, what)))
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    LOG.log(System.Logger.Level.DEBUG, "the bell of {0}: {1}", group, error);
                  }
                });
  }

  private static String channel(GroupRef group) {
    return Keys.bell(group.stream(), group.group());
  }
}
