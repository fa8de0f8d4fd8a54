package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Durability;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.BackendFeatures.Ordering;
import dev.millrace.broker.api.spi.Backups;
import dev.millrace.broker.api.spi.Coordination;
import dev.millrace.broker.api.spi.EventBus;
import dev.millrace.broker.api.spi.Health;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Leases;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Pending;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Schedules;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * A backend in the memory of this process: streams with groups, pending entries and leases, live
 * events, and all optional parts. Nothing survives the process, and nothing is shared with another
 * one. Thread-safe; nothing blocks but {@link #close}. Sinks are called on virtual threads.
 *
 * <p>Positions look like those of Redis, {@code millis-seq}, and rise even if the clock steps back.
 * Acknowledged entries stay as history until they are trimmed. Bounds:
 *
 * <ul>
 *   <li>a producer that numbers its entries is remembered for an hour after its last one, a line
 *       for as long as it asks for;
 *   <li>a subscriber or inbox that is slow is told of a gap when 10,000 events wait for it;
 *   <li>where its URL says {@code maxMemory}, appends are refused with the code {@code OOM} while
 *       the streams take more, by an estimate;
 *   <li>leases and delays need one timer for each group that has pending entries.
 * </ul>
 */
public final class MemoryBackend implements Backend {
  // Deduplication, guards and all facets; only SHARED makes no sense inside one process.
  private static final Set<Feature> FEATURES = EnumSet.complementOf(EnumSet.of(Feature.SHARED));
  private static final Duration CLOSE_WAIT = Duration.ofSeconds(3);

  private final String name;
  private final Store store;
  private final BackendContext context;
  private final Runnable whenClosed;
  private final Executor executor;
  private final StreamLog log;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Map<Class<?>, Object> facets;
  private final EventBus events;
  private final Set<Registration> open = ConcurrentHashMap.newKeySet();
  private final Set<Member> members = ConcurrentHashMap.newKeySet();

  MemoryBackend(String name, Store store, BackendContext context, Runnable whenClosed) {
    this(name, store, context, virtualThreads(context), whenClosed);
  }

  private MemoryBackend(
      String name, Store store, BackendContext context, Executor executor, Runnable whenClosed) {
    this.name = name;
    this.store = store;
    this.context = context;
    this.executor = executor;
    this.whenClosed = whenClosed;
    this.log = new MemoryStreamLog(this, store);
    this.events = new MemoryEvents(this, store);
    this.facets =
        Map.ofEntries(
            Map.entry(Leases.class, new MemoryLeases(this, store)),
            Map.entry(History.class, new MemoryHistory(this, store)),
            Map.entry(Pending.class, new MemoryPending(this, store)),
            Map.entry(Trimming.class, new MemoryTrimming(this, store)),
            Map.entry(Housekeeping.class, new MemoryHousekeeping(this, store)),
            Map.entry(Mover.class, new MemoryMover(this, store)),
            Map.entry(Backups.class, new MemoryBackups(this, store)),
            Map.entry(Audit.class, new MemoryAudit(this, store)),
            Map.entry(Schedules.class, new MemorySchedules(this, store)),
            Map.entry(Coordination.class, new MemoryCoordination(this, store.agreement())),
            Map.entry(ServerClock.class, new MemoryServerClock(this, store)),
            Map.entry(ReplyInbox.class, new MemoryReplies(this, store)),
            Map.entry(Requests.class, new MemoryRequests(this, store)));
  }

  /** Opens a store of its own, which vanishes when the backend is closed. */
  public static MemoryBackend open(BackendContext context) {
    return open(context, OptionalLong.empty());
  }

  static MemoryBackend open(BackendContext context, OptionalLong maxMemory) {
    var store = new Store(context.clock(), maxMemory);
    return new MemoryBackend("memory:", store, context, store::close);
  }

  /**
   * Opens a store of its own whose sinks are called on this executor instead of on virtual threads
   * of their own. With a clock and an executor that one thread works off, everything that happens
   * has one order, which a test can choose and repeat.
   */
  public static MemoryBackend open(BackendContext context, Executor executor) {
    var store = new Store(context.clock());
    return new MemoryBackend("memory:", store, context, executor, store::close);
  }

  private static Executor virtualThreads(BackendContext context) {
    ThreadFactory threads =
        Thread.ofVirtual().name("millrace-memory-" + context.instance() + "-", 0).factory();
    return task -> threads.newThread(task).start();
  }

  /**
   * Opens the store of this name, shared by all backends of the name in this JVM until the last of
   * them is closed. It keeps the clock of who opened it first, as a server has a clock of its own.
   */
  public static MemoryBackend open(String name, BackendContext context) {
    return open(name, context, OptionalLong.empty());
  }

  static MemoryBackend open(String name, BackendContext context, OptionalLong maxMemory) {
    return SharedStores.open(name, context, maxMemory);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BackendContext context() {
    return context;
  }

  @Override
  public BackendFeatures features() {
    return new BackendFeatures(FEATURES, Map.of(), Ordering.STREAM, Set.of(Durability.MEMORY));
  }

  @Override
  public StreamLog log() {
    return log;
  }

  @Override
  public EventBus events() {
    return events;
  }

  @Override
  public CompletionStage<Health> health() {
    boolean up = !closed.get();
    String detail = up ? store.streamCount() + " streams in memory" : "the backend is closed";
    return CompletableFuture.completedFuture(
        new Health(up, detail, up ? Optional.of(0L) : Optional.empty()));
  }

  @Override
  public <F> Optional<F> facet(Class<F> facet) {
    return Optional.ofNullable(facets.get(facet)).map(facet::cast);
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List.copyOf(open).forEach(Registration::close);
    leaveAll();
    whenClosed.run();
  }

  /** Where sinks are called: a virtual thread for each run, so that none holds up another. */
  Executor executor() {
    return executor;
  }

  void checkOpen(String operation, String component) {
    if (closed.get()) {
      throw new InvalidStateException(
          operation, component, "the backend '" + name + "' is closed", "Open a new one");
    }
  }

  /** Does something and tells the result, or the error, as a stage. */
  <T> CompletionStage<T> answer(String operation, String component, Supplier<T> action) {
    try {
      checkOpen(operation, component);
      return CompletableFuture.completedFuture(action.get());
    } catch (BrokerException error) {
      return CompletableFuture.failedFuture(error);
    }
  }

  /** Does something without a result. */
  CompletionStage<Void> perform(String operation, String component, Runnable action) {
    return answer(operation, component, () -> done(action));
  }

  /** Keeps something in mind that is to be closed with the backend, unless it was before. */
  Registration open(Runnable close) {
    var closing = new AtomicBoolean();
    var registration =
        new Registration() {
          @Override
          public void close() {
            if (closing.compareAndSet(false, true)) {
              open.remove(this);
              close.run();
            }
          }
        };
    open.add(registration);
    if (closed.get()) {
      registration.close();
    }
    return registration;
  }

  /** Keeps a reader in mind until it leaves. */
  Member enter(Member member) {
    members.add(member);
    member.left().thenRun(() -> members.remove(member));
    if (closed.get()) {
      member.close();
    }
    return member;
  }

  @SuppressWarnings("NullAway") // a stage of Void has no other value
  private static Void done(Runnable action) {
    action.run();
    return null;
  }

  private void leaveAll() {
    var left = new ArrayList<CompletableFuture<Void>>();
    for (Member member : members) {
      CompletableFuture<Void> leaving = member.leave().toCompletableFuture();
      // Called from inside a sink, waiting for the end of that call would be waiting for ourselves.
      if (!member.runsHere()) {
        left.add(leaving);
      }
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(left.toArray(CompletableFuture[]::new));
    // Longer than that only a sink that blocks can take, which it must not.
    all.completeOnTimeout(null, CLOSE_WAIT.toMillis(), TimeUnit.MILLISECONDS).join();
  }
}
