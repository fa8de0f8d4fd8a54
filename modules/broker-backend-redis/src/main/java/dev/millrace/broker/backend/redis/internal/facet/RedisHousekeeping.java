package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.log.SideKey;
import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Looks through all keys, a page at a time, for those of Millrace that live for ever; then asks, a
 * stream at a time, which of them have an owner.
 */
public final class RedisHousekeeping implements Housekeeping {
  private static final int PAGE = 500;
  private static final String BESIDE_STREAMS = "{*}:*";
  private static final String KEPT_EVENTS = "{*}:events";
  private static final String OF_APPLICATIONS = "millrace:*";

  /** What PTTL says of a key that does not expire. */
  private static final long FOR_EVER = -1;

  private final RedisConnections connections;

  /** On these connections. */
  public RedisHousekeeping(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<List<Leftover>> leftovers() {
    CompletionStage<List<Leftover>> found =
        scan(BESIDE_STREAMS)
            .thenCompose(this::besideStreams)
            .thenCompose(
                first ->
                    scan(OF_APPLICATIONS)
                        .thenApply(RedisHousekeeping::lasting)
                        .thenCompose(new AppKeys(connections)::leftovers)
                        .thenApply(
                            second ->
                                Stream.concat(first.stream(), second.stream())
                                    .sorted(Comparator.comparing(Leftover::name))
                                    .toList()));
    return RedisErrors.typed("look for leftovers", connections.name(), found);
  }

  @Override
  public CompletionStage<List<String>> keptChannels() {
    CompletionStage<List<String>> channels =
        scan(KeyScanArgs.Builder.matches(KEPT_EVENTS).type("stream")).thenCompose(this::kept);
    return RedisErrors.typed("look for kept events", connections.name(), channels);
  }

  /** Names with braces are every program's: only what Millrace has written is told. */
  private CompletionStage<List<String>> kept(Map<String, Boolean> keys) {
    var shape = new KeyShape(connections);
    List<String> names =
        keys.keySet().stream().filter(key -> Names.channelOf(key).isPresent()).sorted().toList();
    List<CompletableFuture<Boolean>> fits =
        names.stream()
            .map(key -> shape.fits(SideKey.of(key).orElseThrow()).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(fits.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                IntStream.range(0, names.size())
                    .filter(i -> fits.get(i).join())
                    .mapToObj(i -> Names.channelOf(names.get(i)).orElseThrow())
                    .toList());
  }

  @Override
  public CompletionStage<List<Risk>> risks() {
    return RedisErrors.typed(
        "look for risks",
        connections.name(),
        MasterInfo.of(connections, "replication")
            .thenApply(infos -> ReplicationRisk.of(connections.name(), infos).stream().toList()));
  }

  private CompletionStage<List<Leftover>> besideStreams(Map<String, Boolean> keys) {
    Map<String, List<SideKey>> byBase = byBase(lasting(keys).stream());
    Map<String, List<SideKey>> streams =
        byBase(keys.keySet().stream().filter(RedisHousekeeping::mayOwn));
    CompletionStage<List<Leftover>> found = CompletableFuture.completedStage(new ArrayList<>());
    for (var each : byBase.entrySet()) {
      var beside = streams.getOrDefault(each.getKey(), List.of()).stream().map(SideKey::key);
      var owners = new Owners(connections, each.getKey(), each.getValue(), beside.toList());
      found = found.thenCompose(list -> owners.leftovers().thenApply(more -> added(list, more)));
    }
    return found;
  }

  private static <T> List<T> added(List<T> list, List<T> more) {
    list.addAll(more);
    return list;
  }

  private static Map<String, List<SideKey>> byBase(Stream<String> keys) {
    return keys.map(SideKey::of)
        .flatMap(Optional::stream)
        .collect(Collectors.groupingBy(SideKey::base, TreeMap::new, Collectors.toList()));
  }

  /** Whether it may be a stream that owns keys beside it. */
  private static boolean mayOwn(String key) {
    return SideKey.of(key).filter(side -> side.kind().sideStream()).isPresent();
  }

  private static List<String> lasting(Map<String, Boolean> keys) {
    return keys.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  /**
   * Keys that match and do not expire, and streams that may own them and do: to whether it lasts. A
   * scan may tell a key twice.
   */
  private CompletionStage<Map<String, Boolean>> scan(String pattern) {
    return scan(KeyScanArgs.Builder.matches(pattern));
  }

  private CompletionStage<Map<String, Boolean>> scan(KeyScanArgs args) {
    args.limit(PAGE);
    return page(ScanCursor.INITIAL, args, new LinkedHashMap<>());
  }

  private CompletionStage<Map<String, Boolean>> page(
      ScanCursor cursor, KeyScanArgs args, Map<String, Boolean> found) {
    CompletionStage<KeyScanCursor<String>> page = connections.shared().scan(cursor, args);
    return page.thenCompose(
        next ->
            look(next.getKeys(), found)
                .thenCompose(
                    done ->
                        next.isFinished()
                            ? CompletableFuture.completedStage(found)
                            : page(next, args, found)));
  }

  private CompletionStage<Void> look(List<String> keys, Map<String, Boolean> found) {
    List<String> ours =
        keys.stream().filter(key -> SideKey.of(key).isPresent() || AppKeys.are(key)).toList();
    List<CompletableFuture<Long>> lives =
        ours.stream().map(key -> connections.shared().pttl(key).toCompletableFuture()).toList();
    return CompletableFuture.allOf(lives.toArray(CompletableFuture<?>[]::new))
        .thenAccept(
            done -> {
              for (int i = 0; i < ours.size(); i++) {
                boolean lasts = lives.get(i).join() == FOR_EVER;
                if (lasts || mayOwn(ours.get(i))) {
                  found.put(ours.get(i), lasts);
                }
              }
            });
  }
}
