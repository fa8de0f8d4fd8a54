package dev.millrace.broker.rpc;

import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.ReplyInbox.Inbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Requests.Submitted;
import dev.millrace.broker.api.spi.Requests.Withdrawn;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stretch of a client from its start to its stop: an inbox and the calls that wait for it.
 *
 * <p>A call ends by a reply, by its own timer, or by being cancelled. For the latter two the
 * backend decides in one step whether a server has it: only then is it unknown what became of it.
 */
final class Calling implements EventSink {
  private static final Logger LOG = LoggerFactory.getLogger(Calling.class);

  /** How long the backend has to say what became of a call that is over. */
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private static final long FIRST_PAUSE_MILLIS = 20;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;
  private static final int RESULTS_AT_ONCE = 100;

  private final String name;
  private final GroupRef servers;
  private final RpcContext context;
  private final Counts counts;
  private final Requests requests;

  /** By id; several calls of this process may have the same one. */
  private final Map<String, List<Call>> calls = new ConcurrentHashMap<>();

  private volatile @Nullable Inbox inbox;
  private volatile boolean closing;

  Calling(String name, GroupRef servers, RpcContext context, Counts counts) {
    this.name = name;
    this.servers = servers;
    this.context = context;
    this.counts = counts;
    this.requests = context.backend().facet(Requests.class).orElseThrow();
  }

  void open() {
    inbox =
        Stages.await(
            context.backend().facet(ReplyInbox.class).orElseThrow().open(this),
            context.patience(),
            "open inbox",
            name);
  }

  int waiting() {
    return calls.values().stream().mapToInt(List::size).sum();
  }

  String address() {
    Inbox open = inbox;
    return open == null ? "" : open.address();
  }

  // ---- the way there

  /** Waits for replies of its id from now on. */
  void add(Call call) {
    calls.merge(call.id, List.of(call), Calling::joined);
    counts.count("sent");
    if (closing) {
      over(call, new Reply.NotStarted<>("the client was stopped"));
    }
  }

  private static List<Call> joined(List<Call> some, List<Call> more) {
    var all = new ArrayList<>(some);
    all.addAll(more);
    return List.copyOf(all);
  }

  void begin(Call call, Duration timeout) {
    add(call);
    call.timer(
        context
            .clock()
            .schedule(
                timeout, () -> withdraw(call, "its time of " + timeout + " was over", false)));
    submit(call, FIRST_PAUSE_MILLIS);
  }

  private void submit(Call call, long pauseMillis) {
    long left = TimeUnit.NANOSECONDS.toMillis(call.endsAt - context.clock().nanoTime());
    if (call.ended.isDone() || !call.attempt()) {
      return;
    }
    var terms =
        new Requests.Terms(address(), Duration.ofMillis(Math.max(1, left)), context.resultsKept());
    requests
        .submit(servers, call.request, terms)
        .whenComplete(
            (told, error) -> {
              if (error != null) {
                refused(call, Stages.unwrap(error), pauseMillis);
                return;
              }
              call.sent();
              if (told instanceof Submitted.Answered answered) {
                replied(call, answered.reply());
              }
            });
  }

  /** The same id again is the same request, so that it may be sent again, whatever became of it. */
  private void refused(Call call, Throwable error, long pauseMillis) {
    boolean away = error instanceof BackendUnavailableException;
    boolean perhaps = error instanceof BackendUnavailableException lost && lost.mayBeDone();
    String why = error.getMessage() == null ? error.toString() : error.getMessage();
    if (!call.failed(why, perhaps)) {
      return;
    }
    if (away) {
      long next = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2);
      context.clock().schedule(Duration.ofMillis(pauseMillis), () -> submit(call, next));
    } else if (!call.perhapsSent()) {
      over(call, new Reply.NotStarted<>(why));
    }
  }

  // ---- the way back

  @Override
  public void event(String channel, Entry reply) {
    if (!Replies.known(reply)) {
      counts.count("foreign");
      return;
    }
    List<Call> waiting = calls.get(reply.id().orElseThrow());
    if (waiting == null) {
      counts.count("late");
      return;
    }
    for (Call call : waiting) {
      if (Replies.isPart(reply)) {
        call.part(reply);
      } else {
        replied(call, reply);
      }
    }
  }

  private void replied(Call call, Entry reply) {
    Reply<Entry> how = call.replied(reply);
    if (how != null) {
      over(call, how);
    }
  }

  /** Replies may have been missed; the backend keeps them. */
  @Override
  public void gap(Instant from, Instant to) {
    counts.count("gaps");
    var ids = new ArrayList<>(calls.keySet());
    for (int at = 0; at < ids.size(); at += RESULTS_AT_ONCE) {
      fetch(ids.subList(at, Math.min(ids.size(), at + RESULTS_AT_ONCE)));
    }
  }

  private void fetch(List<String> ids) {
    requests
        .results(servers, ids)
        .whenComplete(
            (found, error) -> {
              if (error != null) {
                LOG.warn("{}: results of {} calls could not be fetched", name, ids.size(), error);
              } else {
                found.values().forEach(reply -> event("", reply));
              }
            });
  }

  /** Ends a call in this way, unless it has ended. */
  void over(Call call, Reply<Entry> how) {
    call.end(how, () -> ended(call, how));
  }

  private void ended(Call call, Reply<Entry> how) {
    forget(call);
    switch (how) {
      case Reply.Ok<Entry> ok -> counts.count("ok");
      case Reply.RemoteError<Entry> error -> counts.count("failed");
      case Reply.NotStarted<Entry> not -> counts.count("not-started");
      case Reply.Unknown<Entry> unknown -> counts.count("unknown");
    }
    counts.time(context.clock().nanoTime() - call.begun);
  }

  /** No reply is its any more. */
  void forget(Call call) {
    calls.computeIfPresent(
        call.id,
        (id, all) -> {
          if (all.size() == 1) {
            return all.contains(call) ? null : all;
          }
          List<Call> others = all.stream().filter(each -> !each.equals(call)).toList();
          return others.isEmpty() ? null : others;
        });
  }

  // ---- taking back

  /**
   * Takes a call back, and ends it as the backend says, or soon after if it says nothing.
   *
   * @param why for its caller
   * @param cancel whether a handler that runs is to be interrupted
   */
  void withdraw(Call call, String why, boolean cancel) {
    if (call.ended.isDone() || !call.leave()) {
      return;
    }
    call.timer(
        context
            .clock()
            .schedule(
                LAST_WORD,
                () -> over(call, new Reply.Unknown<>(why + ", and the backend does not answer"))));
    var unused = call.submitted.thenRun(() -> withdrawNow(call, why, cancel));
  }

  private void withdrawNow(Call call, String why, boolean cancel) {
    if (!call.perhapsSent()) {
      over(call, new Reply.NotStarted<>(why + "; " + call.trouble()));
      return;
    }
    if (calls.getOrDefault(call.id, List.of()).size() > 1) {
      over(call, new Reply.Unknown<>(why + "; another call with its id goes on"));
      return;
    }
    requests
        .withdraw(servers, call.id, address())
        .whenComplete(
            (told, error) -> {
              if (error != null) {
                over(call, new Reply.Unknown<>(why + "; " + Stages.unwrap(error).getMessage()));
              } else {
                withdrawn(call, told, why, cancel);
              }
            });
  }

  private void withdrawn(Call call, Withdrawn told, String why, boolean cancel) {
    switch (told) {
      case Withdrawn.NotStarted not ->
          over(call, new Reply.NotStarted<>(why + " before a server took it"));
      case Withdrawn.Answered answered -> replied(call, answered.reply());
      case Withdrawn.Joined joined ->
          over(call, new Reply.Unknown<>(why + "; another call with its id goes on"));
      case Withdrawn.Started started -> {
        var unknown = new Reply.Unknown<Entry>(why + " after a server may have taken it");
        if (cancel) {
          cancel(call, unknown);
        } else {
          over(call, unknown);
        }
      }
    }
  }

  /** Ends it once that is told: whoever stops the client closes its connection right after. */
  private void cancel(Call call, Reply<Entry> how) {
    var cancel = new Entry(call.id, "cancel", null, Map.of(), Fields.builder().build());
    var unused =
        context
            .backend()
            .events()
            .publish(Rpc.cancelChannel(servers), cancel)
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    LOG.debug("{}: a cancellation could not be published", name, error);
                  }
                  over(call, how);
                });
  }

  // ---- the end

  /** Takes no call any more, waits for those under way to the deadline, and takes back the rest. */
  DrainReport stop(Duration deadline) {
    long begun = context.clock().nanoTime();
    closing = true;
    List<Call> open = calls.values().stream().flatMap(List::stream).toList();
    await(open, deadline);
    List<Call> left = open.stream().filter(call -> !call.ended.isDone()).toList();
    left.forEach(call -> withdraw(call, "the client was stopped", true));
    await(left, LAST_WORD.multipliedBy(2));
    left.forEach(call -> over(call, new Reply.Unknown<>("the client was stopped")));
    Inbox opened = inbox;
    if (opened != null) {
      opened.close();
    }
    Duration took = Duration.ofNanos(context.clock().nanoTime() - begun);
    return new DrainReport((long) open.size() - left.size(), 0, left.size(), took, List.of());
  }

  private static void await(List<Call> open, Duration deadline) {
    var all = open.stream().map(call -> call.ended).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(all).get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException hurried) {
      // Whoever stops wants to get on: as if the deadline were over.
      Thread.currentThread().interrupt();
    } catch (TimeoutException late) {
      LOG.debug("{} calls are under way at the deadline", all.length);
    } catch (ExecutionException impossible) {
      throw new IllegalStateException("the end of a call is a value", impossible);
    }
  }
}
