package dev.millrace.broker.rpc;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.ReplyStream;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Measure;
import dev.millrace.broker.api.spi.MessageIds;
import dev.millrace.broker.api.spi.Outgoing;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Asks the servers of a stream. */
final class DefaultRequestClient extends ComponentBase implements RequestClient {
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(1);

  /** How long parts that the end has overtaken may still take. */
  private static final Duration OVERTAKEN = Duration.ofSeconds(1);

  private final GroupRef servers;
  private final RpcContext context;
  private final Counts counts;
  private final Outgoing outgoing;
  private final MessageIds ids;
  private final Executor threads;

  /** What the newest start has made; kept after a stop until the next one. */
  private volatile @Nullable Calling calling;

  DefaultRequestClient(String name, GroupRef servers, RpcContext context, Runnable onClosed) {
    super(
        name,
        "request client",
        servers.stream(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.REQUEST_CLIENT),
        onClosed);
    this.servers = servers;
    this.context = context;
    this.counts = new Counts(Measure.Part.REQUEST_CLIENT, measures, Measure.REQUEST_CLIENT_CALL);
    measures.read(Measure.REQUEST_CLIENT_WAITING, this::waiting);
    this.outgoing =
        new Outgoing(
            MessageKind.REQUEST,
            servers.stream(),
            context.codec(),
            context.maxMessageBytes(),
            context.interceptors());
    this.ids = new MessageIds(context.random());
    this.threads = task -> Thread.ofVirtual().name("millrace-replies-" + name).start(task);
  }

  @Override
  protected void doStart() {
    var now = new Calling(name(), servers, context, counts);
    now.open();
    calling = now;
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    Calling now = calling;
    return now == null ? DrainReport.nothing() : now.stop(deadline);
  }

  @Override
  protected Map<String, Long> counts() {
    Map<String, Long> all = counts.all();
    all.put("waiting", waiting());
    return all;
  }

  private long waiting() {
    Calling now = calling;
    return now == null ? 0 : now.waiting();
  }

  @Override
  public <A> Reply<A> call(
      String type, Object payload, TypeRef<A> answer, Duration timeout, SendOptions options) {
    Calling now = running();
    Asked asked = request(type, payload, timeout, options);
    Call call = new Call(asked.id(), asked.entry(), clock.nanoTime(), endOf(timeout));
    now.begin(call, timeout);
    try {
      Reply<Entry> reply = call.ended.get();
      asked.ended(reply);
      return decoded(reply, answer);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      counts.count("cancelled");
      now.withdraw(call, "the calling thread was interrupted", true);
      var unknown =
          new Reply.Unknown<A>("the calling thread was interrupted; the request is cancelled");
      asked.ended(unknown);
      return unknown;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("the end of a call is a value", impossible);
    }
  }

  @Override
  public <A> CompletableFuture<Reply<A>> callAsync(
      String type, Object payload, TypeRef<A> answer, Duration timeout, SendOptions options) {
    Calling now = running();
    Asked asked = request(type, payload, timeout, options);
    Call call = new Call(asked.id(), asked.entry(), clock.nanoTime(), endOf(timeout));
    // Decoded on a thread of its own: what hangs on the result may block.
    CompletableFuture<Reply<A>> result =
        told(asked, call).thenApplyAsync(reply -> decoded(reply, answer), threads);
    var unused =
        result.whenComplete(
            (reply, error) -> {
              if (result.isCancelled()) {
                counts.count("cancelled");
                now.withdraw(call, "it was cancelled", true);
              }
            });
    now.begin(call, timeout);
    return result;
  }

  @Override
  public <P> ReplyStream<P> stream(
      String type, Object payload, TypeRef<P> part, Duration timeout, SendOptions options) {
    Calling now = running();
    Asked asked = request(type, payload, timeout, options);
    var call =
        new PartsCall(
            asked.id(),
            asked.entry(),
            clock.nanoTime(),
            endOf(timeout),
            full ->
                now.withdraw(full, PartsCall.MOST + " parts wait because they are not read", true),
            waits -> clock.schedule(OVERTAKEN, () -> lastCame(now, waits)));
    var unused = told(asked, call);
    now.begin(call, timeout);
    return new PartStream<>(
        call,
        type,
        entry -> value(entry, part),
        () -> {
          if (!call.ended.isDone()) {
            counts.count("cancelled");
            now.withdraw(call, "it was cancelled", true);
          }
        });
  }

  /** The end came a while ago, and parts before it were missing then. */
  private static void lastCame(Calling now, PartsCall call) {
    int missing = call.missing();
    Entry last = call.last();
    if (missing > 0) {
      now.over(call, new Reply.Unknown<>("part " + missing + " of its answer was lost"));
    } else if (last != null) {
      now.over(call, Replies.read(last));
    }
  }

  @Override
  public <A> List<Reply<A>> askAll(
      String type,
      Object payload,
      TypeRef<A> answer,
      int count,
      Duration timeout,
      SendOptions options) {
    if (count < 1) {
      throw new InvalidConfigException(
          "ask all", type, List.of("count is " + count + "; it goes from 1"));
    }
    Calling now = running();
    Asked question = request(type, payload, timeout, options);
    Entry sent =
        question
            .entry()
            .withHeaders(
                Map.of(
                    Requests.INBOX,
                    now.address(),
                    Serving.TIMEOUT,
                    Long.toString(timeout.toMillis())));
    var call = new GatherCall(question.id(), sent, clock.nanoTime(), endOf(timeout), count);
    now.add(call);
    call.timer(clock.schedule(timeout, () -> now.over(call, new Reply.Ok<>(sent))));
    try {
      Stages.await(
          context.backend().events().publish(Rpc.allChannel(servers), sent),
          context.patience(),
          "ask all",
          servers.stream());
      var unused = call.ended.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("the end of a call is a value", impossible);
    } catch (RuntimeException refused) {
      question.draft().ended(question.id(), refused);
      throw refused;
    } finally {
      now.over(call, new Reply.Ok<>(sent));
    }
    question.draft().ended(question.id(), null);
    var replies = new ArrayList<Reply<A>>();
    call.replies().forEach(reply -> replies.add(decodedOrNot(reply, answer)));
    return replies;
  }

  /** One server's answer that does not fit takes nothing from those of the others. */
  private <A> Reply<A> decodedOrNot(Reply<Entry> reply, TypeRef<A> answer) {
    try {
      return decoded(reply, answer);
    } catch (CodecException unfit) {
      return new Reply.RemoteError<>("BAD_ANSWER", "the answer is no " + answer.type());
    }
  }

  private Calling running() {
    Calling now = calling;
    if (now == null || state() != State.RUNNING) {
      throw new InvalidStateException(
          "request", name(), "the client is " + state(), "Start it, or make a new one");
    }
    return now;
  }

  private Asked request(String type, Object payload, Duration timeout, SendOptions options) {
    if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw new InvalidConfigException(
          "request",
          type,
          List.of("timeout is " + timeout + "; it goes from " + SHORTEST + " to " + LONGEST));
    }
    Outgoing.Draft draft = outgoing.payload(type, payload, options);
    Entry entry = draft.entry();
    return new Asked(type, entry.id().isPresent() ? entry : entry.withId(ids.next()), draft);
  }

  /** A request that is to be sent; its draft knows who wants to hear of its end. */
  private record Asked(String type, Entry entry, Outgoing.Draft draft) {
    String id() {
      return entry.id().orElseThrow();
    }

    void ended(Reply<?> how) {
      if (!draft.intercepted()) {
        return;
      }
      try {
        var unused = how.orThrow(type);
        draft.ended(id(), null);
      } catch (BrokerException failed) {
        draft.ended(id(), failed);
      }
    }
  }

  /** The end of a call, once interceptors have heard of it on a thread of their own. */
  private CompletableFuture<Reply<Entry>> told(Asked asked, Call call) {
    return asked.draft().intercepted()
        ? call.ended.whenCompleteAsync((reply, error) -> asked.ended(reply), threads)
        : call.ended;
  }

  private long endOf(Duration timeout) {
    return clock.nanoTime() + timeout.toNanos();
  }

  private <A> Reply<A> decoded(Reply<Entry> reply, TypeRef<A> answer) {
    return switch (reply) {
      case Reply.Ok<Entry>(Entry entry) -> new Reply.Ok<>(value(entry, answer));
      case Reply.RemoteError<Entry>(String code, String text) ->
          new Reply.RemoteError<>(code, text);
      case Reply.NotStarted<Entry>(String reason) -> new Reply.NotStarted<>(reason);
      case Reply.Unknown<Entry>(String reason) -> new Reply.Unknown<>(reason);
    };
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // an answer of Void is null, as its type says
  private <A> A value(Entry reply, TypeRef<A> type) {
    if (type.type() == Void.class) {
      return null;
    }
    var message =
        new EntryMessage(
            servers.stream(), Position.UNKNOWN, reply, context.codec(), context.maxMessageBytes());
    return type.type() == dev.millrace.broker.api.Message.class ? (A) message : message.as(type);
  }
}
