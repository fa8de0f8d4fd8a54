package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.backend.redis.internal.connection.Gathering;
import dev.millrace.broker.backend.redis.internal.connection.RedisConnections;
import dev.millrace.broker.backend.redis.internal.connection.RedisErrors;
import dev.millrace.broker.backend.redis.internal.connection.Script;
import dev.millrace.broker.backend.redis.internal.connection.Scripts;
import dev.millrace.broker.backend.redis.internal.log.EntryWire;
import dev.millrace.broker.backend.redis.internal.log.EventWire;
import dev.millrace.broker.backend.redis.internal.log.Keys;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Requests by scripts, those of a stream that are submitted at the same time by one; all its keys
 * are in one slot.
 */
public final class RedisRequests implements Requests {
  private static final long ANSWERED = 2;

  private final RedisConnections connections;
  private final Script submit = Scripts.load("rpc-submit");
  private final Script withdraw = Scripts.load("rpc-withdraw");
  private final Script results = Scripts.load("rpc-results");
  private final Script attend = Scripts.load("rpc-attend");

  /** By stream; there are as many as are asked. */
  private final Map<String, Gathering<Submission, Submitted>> submissions =
      new ConcurrentHashMap<>();

  /** On these connections. */
  public RedisRequests(RedisConnections connections) {
    this.connections = connections;
  }

  @Override
  public CompletionStage<Submitted> submit(GroupRef servers, Entry request, Terms terms) {
    return submissions
        .computeIfAbsent(
            servers.stream(),
            stream -> new Gathering<>(Submission::bytes, all -> submit(stream, all)))
        .add(Submission.of(servers.stream(), request, terms));
  }

  private CompletionStage<List<Submitted>> submit(String stream, List<Submission> all) {
    var keys = new String[1 + all.size()];
    keys[0] = stream;
    var args = new ArrayList<byte[]>();
    args.add(Args.of(EntryWire.HEADER + DEADLINE));
    for (int i = 0; i < all.size(); i++) {
      keys[i + 1] = all.get(i).key();
      args.addAll(all.get(i).words());
    }
    CompletionStage<List<Object>> told =
        Scripts.run(
            connections.shared(),
            submit,
            ScriptOutputType.MULTI,
            keys,
            args.toArray(byte[][]::new));
    return RedisErrors.typed("submit request", stream, told.thenApply(RedisRequests::submitted));
  }

  private static List<Submitted> submitted(List<Object> told) {
    var all = new ArrayList<Submitted>(told.size());
    for (Object each : told) {
      all.add(
          each instanceof byte[] reply
              ? new Submitted.Answered(EventWire.read(reply))
              : new Submitted.Queued((Long) each == 1));
    }
    return all;
  }

  /**
   * A request on its way.
   *
   * @param words what the script takes of it
   */
  private record Submission(String key, List<byte[]> words, long bytes) {
    static Submission of(String stream, Entry request, Terms terms) {
      var words = new ArrayList<byte[]>();
      words.add(Args.of(terms.inbox()));
      words.add(Args.of(terms.timeout().toMillis()));
      words.add(Args.of(terms.kept().toMillis()));
      Entry sent =
          request.withHeaders(
              Map.of(INBOX, terms.inbox(), KEPT, Long.toString(terms.kept().toMillis())));
      words.add(Args.of(2L * EntryWire.size(sent)));
      EntryWire.write(
          sent,
          (name, value) -> {
            words.add(Args.of(name));
            words.add(value);
          });
      long bytes = 0;
      for (byte[] word : words) {
        bytes += word.length;
      }
      return new Submission(Keys.call(stream, request.id().orElseThrow()), words, bytes);
    }
  }

  @Override
  public CompletionStage<Withdrawn> withdraw(GroupRef servers, String id, String inbox) {
    CompletionStage<List<Object>> told =
        Scripts.run(
            connections.shared(),
            withdraw,
            ScriptOutputType.MULTI,
            new String[] {servers.stream(), Keys.call(servers.stream(), id)},
            Args.of(servers.group()),
            Args.of(inbox));
    return RedisErrors.typed(
        "withdraw request", servers.stream(), told.thenApply(RedisRequests::withdrawn));
  }

  private static Withdrawn withdrawn(List<Object> told) {
    long how = (Long) told.getFirst();
    if (how == ANSWERED) {
      return new Withdrawn.Answered(EventWire.read((byte[]) told.get(1)));
    }
    return how == 0 ? new Withdrawn.NotStarted() : new Withdrawn.Started();
  }

  @Override
  public CompletionStage<Map<String, Entry>> results(GroupRef servers, Collection<String> ids) {
    if (ids.isEmpty()) {
      return CompletableFuture.completedStage(Map.of());
    }
    List<String> asked = List.copyOf(ids);
    CompletionStage<List<byte[]>> told =
        Scripts.run(
            connections.shared(),
            results,
            ScriptOutputType.MULTI,
            asked.stream().map(id -> Keys.call(servers.stream(), id)).toArray(String[]::new));
    return RedisErrors.typed(
        "fetch results", servers.stream(), told.thenApply(replies -> found(asked, replies)));
  }

  private static Map<String, Entry> found(List<String> ids, List<byte[]> replies) {
    var found = new LinkedHashMap<String, Entry>();
    for (int i = 0; i < replies.size(); i++) {
      if (replies.get(i).length > 0) {
        found.put(ids.get(i), EventWire.read(replies.get(i)));
      }
    }
    return found;
  }

  @Override
  public CompletionStage<Void> attend(GroupRef servers, Duration kept) {
    var keys = new LinkedHashSet<String>();
    keys.add(servers.stream());
    keys.add(Keys.alive(servers.stream(), servers.group()));
    keys.addAll(Keys.all(servers.stream(), List.of(servers.group())));
    CompletionStage<Long> done =
        Scripts.run(
            connections.shared(),
            attend,
            ScriptOutputType.INTEGER,
            keys.toArray(String[]::new),
            Args.of(kept.toMillis()));
    return RedisErrors.typed("attend requests", servers.stream(), done.thenAccept(told -> {}));
  }
}
