package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.spi.BrokerClock;
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
import java.util.Collections;
import java.util.Iterator;
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
  // What rpc-submit.lua tells of each.
  private static final long UNDER_WAY = 1;
  private static final long FOREIGN = 2;

  // What rpc-withdraw.lua tells.
  private static final long DELETED = 0;
  private static final long ANSWERED = 2;
  private static final long JOINED = 3;

  /** The fields that every request has; their values the script has to know anyway. */
  private static final List<byte[]> NAMES =
      List.of(
          Args.of(EntryWire.HEADER + DEADLINE),
          Args.of(EntryWire.HEADER + INBOX),
          Args.of(EntryWire.HEADER + KEPT));

  private static final long NANOS_A_MILLI = Duration.ofMillis(1).toNanos();

  private final RedisConnections connections;
  private final BrokerClock clock;
  private final Script submit = Scripts.load("rpc-submit");
  private final Script withdraw = Scripts.load("rpc-withdraw");
  private final Script results = Scripts.load("rpc-results");
  private final Script attend = Scripts.load("rpc-attend");

  /** By stream; there are as many as are asked. */
  private final Map<String, Gathering<Submission, CompletionStage<Submitted>>> submissions =
      new ConcurrentHashMap<>();

  /** On these connections. */
  public RedisRequests(RedisConnections connections) {
    this.connections = connections;
    this.clock = connections.context().clock();
  }

  @Override
  public CompletionStage<Submitted> submit(GroupRef servers, Entry request, Terms terms) {
    String stream = servers.stream();
    long until = clock.nanoTime() + terms.timeout().toNanos();
    return submissions
        .computeIfAbsent(
            stream, name -> new Gathering<>(Submission::bytes, all -> submit(name, all)))
        .add(new Submission(stream, request, terms, until))
        .thenCompose(own -> own);
  }

  /** What becomes of each. Those whose time was over before they could be sent are not sent. */
  private CompletionStage<List<CompletionStage<Submitted>>> submit(
      String stream, List<Submission> all) {
    long now = clock.nanoTime();
    var keys = new ArrayList<String>();
    keys.add(stream);
    var args = new ArrayList<byte[]>();
    args.addAll(NAMES);
    for (Submission one : all) {
      if (one.until - now > 0) {
        keys.add(one.key);
        one.addTo(args, now);
      }
    }
    if (keys.size() == 1) {
      return CompletableFuture.completedStage(Collections.nCopies(all.size(), over(stream)));
    }
    CompletionStage<List<Object>> told =
        Scripts.run(
            connections.shared(),
            submit,
            ScriptOutputType.MULTI,
            keys.toArray(String[]::new),
            args.toArray(byte[][]::new));
    return RedisErrors.typed("submit request", stream, told)
        .thenApply(answers -> each(stream, all, now, answers.iterator()));
  }

  private static List<CompletionStage<Submitted>> each(
      String stream, List<Submission> all, long now, Iterator<Object> answers) {
    var each = new ArrayList<CompletionStage<Submitted>>(all.size());
    for (Submission one : all) {
      each.add(one.until - now > 0 ? submitted(stream, answers.next()) : over(stream));
    }
    return each;
  }

  private static CompletionStage<Submitted> submitted(String stream, Object told) {
    if (told instanceof byte[] reply) {
      return CompletableFuture.completedStage(new Submitted.Answered(EventWire.read(reply)));
    }
    long how = (Long) told;
    return how == FOREIGN
        ? CompletableFuture.failedStage(
            new BackendException(
                "submit request",
                stream,
                "WRONGTYPE",
                "the key of its id holds something that no request wrote",
                "Delete that key, or take another id",
                null))
        : CompletableFuture.completedStage(new Submitted.Queued(how == UNDER_WAY));
  }

  private static CompletionStage<Submitted> over(String stream) {
    return CompletableFuture.failedStage(
        new BackendUnavailableException(
            "submit request", stream, "its time was over before it could be sent", null));
  }

  /** A request on its way. */
  private static final class Submission {
    final String key;
    final long until;
    private final byte[] inbox;
    private final byte[] kept;
    private final List<byte[]> fields = new ArrayList<>();
    private long bytes;

    Submission(String stream, Entry request, Terms terms, long until) {
      this.key = Keys.call(stream, request.id().orElseThrow());
      this.until = until;
      this.inbox = Args.of(terms.inbox());
      this.kept = Args.of(terms.kept().toMillis());
      EntryWire.write(request, this::add);
    }

    private void add(String name, byte[] value) {
      fields.add(Args.of(name));
      fields.add(value);
      bytes += name.length() + value.length;
    }

    long bytes() {
      return bytes;
    }

    /** What the script takes of it. */
    void addTo(List<byte[]> args, long now) {
      args.add(inbox);
      args.add(Args.of(Math.ceilDiv(until - now, NANOS_A_MILLI)));
      args.add(kept);
      args.add(Args.of(fields.size()));
      args.addAll(fields);
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
    return how == DELETED
        ? new Withdrawn.NotStarted()
        : how == JOINED ? new Withdrawn.Joined() : new Withdrawn.Started();
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
    if (kept.isPositive()) {
      // Who looks after the group may be dead: the turn has to go by itself.
      keys.remove(Keys.turn(servers.stream(), servers.group()));
      keys.remove(Keys.retryTurn(servers.stream(), servers.group()));
    }
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
