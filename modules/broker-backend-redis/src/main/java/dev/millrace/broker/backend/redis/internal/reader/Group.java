package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.Measurements;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the lanes of one stream and group share in this process. Thread-safe. */
final class Group {
  private static final System.Logger LOG = System.getLogger(Group.class.getName());

  private final GroupRef ref;
  private final Measurements measures;
  private final AckLine acks;
  private final AckLine deletingAcks;
  private final List<Lane> lanes = new CopyOnWriteArrayList<>();
  private final Held scripts;

  Group(GroupRef ref, RedisConnections connections, Held held) {
    this.ref = ref;
    this.scripts = held;
    this.measures = connections.context().telemetry().of(ref.stream(), Measure.Part.READER);
    this.acks = new AckLine(ref, connections, held, measures, false);
    this.deletingAcks = new AckLine(ref, connections, held, measures, true);
  }

  GroupRef ref() {
    return ref;
  }

  Held scripts() {
    return scripts;
  }

  Measurements measures() {
    return measures;
  }

  /** Nobody reads for it any more. */
  void close() {
    measures.close();
  }

  /** Where acknowledgements are gathered, apart for those that delete the entry. */
  AckLine acks(boolean deleting) {
    return deleting ? deletingAcks : acks;
  }

  /** Whether readers of this process acknowledged something that no audit can have counted. */
  boolean acknowledgedUncounted() {
    return acks.plain();
  }

  void joined(Lane lane) {
    lanes.add(lane);
  }

  /**
   * Without holding any hub's lock: an audit of the group may be on. From now on acknowledgements
   * are counted, until one is answered that nothing counts.
   */
  void count() {
    acks.count(this::announce);
  }

  /** No plain XACK is under way. Told again, by the next sign of life, if this one is lost. */
  private void announce() {
    var names = new HashMap<String, byte[]>();
    lanes.forEach(lane -> names.put(lane.hub().consumer().getName(), lane.consumerBytes()));
    if (names.isEmpty()) {
      return;
    }
    var unused =
        scripts
            .join(Keys.audit(ref.stream(), ref.group()), names.values())
            .whenComplete(
                (joined, error) -> {
                  if (error != null) {
                    LOG.log(System.Logger.Level.DEBUG, "join the audit of {0}: {1}", ref, error);
                  }
                });
  }

  /** Without holding any hub's lock: something was handed back that others may take at once. */
  void handedBack() {
    lanes.forEach(Lane::scanNow);
  }

  /** Without holding any hub's lock: something came back, or was parked by one who goes. */
  void returned() {
    lanes.forEach(lane -> lane.hub().locked(lane.parking()::returned));
  }

  void left(Lane lane) {
    lanes.remove(lane);
  }

  boolean isEmpty() {
    return lanes.isEmpty();
  }

  /** Which of these this process still has in hand. Without holding any hub's lock. */
  Set<String> held(Set<String> ids) {
    var held = new HashSet<String>();
    for (Lane lane : lanes) {
      lane.deliveries().held(ids, held);
    }
    return held;
  }
}
