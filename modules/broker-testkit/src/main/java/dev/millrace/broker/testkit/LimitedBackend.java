package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.BackendFeatures.Ordering;
import dev.millrace.broker.api.spi.Backups;
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
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * A backend with fewer promises than the one it wraps: facets are hidden, settlements and guards it
 * does not have are refused with {@link dev.millrace.broker.api.UnsupportedByBackendException},
 * delivery counts and fencing tokens are taken off. It shows that whoever needs a promise asks for
 * it at start-up, before a backend that lacks it exists.
 */
public final class LimitedBackend implements Backend {
  private static final Map<Class<?>, Feature> FACETS =
      Map.ofEntries(
          Map.entry(Leases.class, Feature.LEASES),
          Map.entry(History.class, Feature.HISTORY),
          Map.entry(Pending.class, Feature.PENDING),
          Map.entry(Trimming.class, Feature.TRIMMING),
          Map.entry(Housekeeping.class, Feature.HOUSEKEEPING),
          Map.entry(Mover.class, Feature.MOVER),
          Map.entry(Backups.class, Feature.BACKUP),
          Map.entry(Audit.class, Feature.AUDIT),
          Map.entry(Schedules.class, Feature.SCHEDULES),
          Map.entry(dev.millrace.broker.api.spi.Coordination.class, Feature.COORDINATION),
          Map.entry(ServerClock.class, Feature.SERVER_CLOCK),
          Map.entry(ReplyInbox.class, Feature.REPLY_INBOX),
          Map.entry(Requests.class, Feature.REQUESTS));

  private final Backend whole;
  private final BackendFeatures features;
  private final StreamLog log;
  private final EventBus events;
  private final Refusals refusals;

  /**
   * Cuts a backend down.
   *
   * @param features what is left; a feature that the wrapped backend lacks is left out
   */
  public LimitedBackend(Backend whole, BackendFeatures features) {
    Set<Feature> left = EnumSet.noneOf(Feature.class);
    left.addAll(features.has());
    left.retainAll(whole.features().has());
    this.whole = whole;
    this.features =
        new BackendFeatures(left, features.limits(), features.ordering(), features.durability());
    this.refusals = new Refusals(this);
    this.log = new LimitedLog(whole.log(), refusals);
    this.events = new LimitedEvents(whole.events(), refusals);
  }

  /**
   * What a RabbitMQ quorum queue promises: at once or not at all. No deduplication, leases,
   * history, trimming, pending list, schedules, coordination or clock; a move is a confirm and then
   * an acknowledgement, so it may double.
   */
  public static LimitedBackend rabbitMqLike(Backend whole) {
    return cut(
        whole,
        Ordering.STREAM,
        EnumSet.of(
            Feature.SHARED,
            Feature.RELEASE,
            Feature.MOVE,
            Feature.DELIVERY_COUNT,
            Feature.REPLY_INBOX,
            Feature.EVENT_PATTERNS));
  }

  /**
   * What Kafka's share groups and transactions promise: history, leases by renewal, release at
   * once, moves in a transaction, order within a partition. No guard by backlog, trimming by
   * readers, schedules or coordination.
   */
  public static LimitedBackend kafkaLike(Backend whole) {
    return cut(
        whole,
        Ordering.PARTITION,
        EnumSet.of(
            Feature.SHARED,
            Feature.RELEASE,
            Feature.MOVE,
            Feature.ATOMIC_MOVE,
            Feature.DELIVERY_COUNT,
            Feature.LEASES,
            Feature.HISTORY,
            Feature.REPLY_INBOX));
  }

  private static LimitedBackend cut(Backend whole, Ordering ordering, Set<Feature> left) {
    return new LimitedBackend(
        whole, new BackendFeatures(left, Map.of(), ordering, whole.features().durability()));
  }

  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public BackendContext context() {
    return whole.context();
  }

  @Override
  public BackendFeatures features() {
    return features;
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
    return whole.health();
  }

  @Override
  public <F> Optional<F> facet(Class<F> facet) {
    Feature feature = FACETS.get(facet);
    if (feature == null || !features.has(feature)) {
      return Optional.empty();
    }
    return whole
        .facet(facet)
        .map(
            found ->
                found instanceof Leases leases
                    ? facet.cast(new LimitedLeases(leases, refusals))
                    : found);
  }

  @Override
  public void close() {
    whole.close();
  }
}
