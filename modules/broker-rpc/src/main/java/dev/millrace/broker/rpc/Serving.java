package dev.millrace.broker.rpc;

import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.ChannelPattern;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.ServerClock;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.Settlement;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stretch of a server from its start to its stop. The first delivery of a request is the permit
 * to start it: what is delivered again was with a server that died over it or lost it, and its
 * caller is told that nobody knows what became of it.
 */
final class Serving implements Sink {
  /** A header of what is asked of all servers: how long its caller waits, in milliseconds. */
  static final String TIMEOUT = "rpc.timeout";

  private static final Logger LOG = LoggerFactory.getLogger(Serving.class);
  private static final Duration BLOCK = Duration.ofSeconds(5);
  private static final Duration INTERRUPTED = Duration.ofMillis(500);

  private final String name;
  private final GroupRef servers;
  private final int slots;
  private final Handlers handlers;
  private final RpcContext context;
  private final Counts counts;
  private final Consumer<Throwable> errors;
  private final Requests requests;
  private final ReplyInbox inboxes;
  private final ServerTime time;
  private final Answering answering;
  private final Semaphore asides;
  private volatile @Nullable AutoCloseable cancellations;
  private volatile @Nullable AutoCloseable questions;

  private final InHand inHand = new InHand();
  private final Upkeep upkeep;
  private volatile @Nullable GroupReader reader;
  private volatile @Nullable Throwable trouble;

  Serving(
      String name,
      GroupRef servers,
      int slots,
      Handlers handlers,
      RpcContext context,
      Counts counts,
      Consumer<Throwable> errors) {
    this.name = name;
    this.servers = servers;
    this.slots = slots;
    this.handlers = handlers;
    this.context = context;
    this.counts = counts;
    this.errors = errors;
    this.requests = context.backend().facet(Requests.class).orElseThrow();
    this.inboxes = context.backend().facet(ReplyInbox.class).orElseThrow();
    this.time = new ServerTime(context.clock(), context.backend().facet(ServerClock.class));
    this.answering = new Answering(name, servers.stream(), context, time, counts);
    this.asides = new Semaphore(slots);
    this.upkeep = new Upkeep(name, servers, context, inHand, time, counts);
  }

  // ---- the beginning

  void begin() {
    await(time.ask());
    cancellations = subscribe(Rpc.cancelChannel(servers), this::cancel);
    questions = subscribe(Rpc.allChannel(servers), this::askedAside);
    var spec =
        new ReaderSpec(
            context.backend().context().instance(),
            StartPosition.beginning(),
            Math.min(slots, 100),
            BLOCK,
            context.lease(),
            true);
    GroupReader opened = context.backend().log().open(servers, spec, this);
    reader = opened;
    opened.request(slots);
    await(upkeep.begin());
  }

  private AutoCloseable subscribe(String channel, Consumer<Entry> heard) {
    var sink =
        new EventSink() {
          @Override
          public void event(String from, Entry event) {
            heard.accept(event);
          }

          @Override
          public void gap(Instant from, Instant to) {
            counts.count("gaps");
          }
        };
    return Stages.await(
        context.backend().events().subscribe(ChannelPattern.exactly(channel), sink),
        context.patience(),
        "start",
        name);
  }

  private void await(CompletionStage<Void> stage) {
    Stages.await(stage, context.patience(), "start", name);
  }

  int running() {
    return inHand.size();
  }

  @Nullable Throwable trouble() {
    return trouble;
  }

  // ---- requests

  @Override
  public void deliver(List<Received> batch) {
    for (Received received : batch) {
      Entry request = received.entry();
      String id = request.id().orElse("");
      var one = new Running(id, request, received, deadline(request));
      run(one, () -> serve(one, received));
    }
  }

  /** Whatever goes wrong, errors and the want of a thread included, its slot is given back. */
  private void run(Running one, Runnable task) {
    inHand.enter(one);
    try {
      Thread.ofVirtual()
          .name("millrace-request-" + name)
          .start(
              () -> {
                try {
                  task.run();
                } catch (Throwable fault) {
                  failed(one, fault);
                }
              });
    } catch (Throwable noThread) {
      failed(one, noThread);
    }
  }

  private static long deadline(Entry request) {
    return number(request.headers().get(Requests.DEADLINE));
  }

  /** What is no number came from a foreign hand, and is over. */
  private static long number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 18) {
      return 0;
    }
    long number = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return 0;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  private void serve(Running one, Received received) {
    counts.count("received");
    if (one.id.isEmpty()) {
      counts.count("foreign");
      LOG.warn("{}: an entry without an id is no request, and is deleted", name);
      settle(one, new Settlement.Ack(received, true));
    } else {
      answer(one, received, reply(one, received));
    }
  }

  private Entry reply(Running one, Received received) {
    if (received.delivery().orElse(1) > 1 || received.past().recovered()) {
      counts.count("lost");
      return Replies.unknown(one.id, "the server that may have begun it died over it or lost it");
    }
    if (one.cancelled()) {
      return Replies.notStarted(one.id, "it was cancelled before a server could begin it");
    }
    if (time.millis() >= one.deadlineMillis) {
      counts.count("expired");
      return Replies.notStarted(one.id, "its time was over before a server could begin it");
    }
    String type = one.request.type().orElse("");
    Handlers.Handling handler = handlers.find(type);
    if (handler == null) {
      counts.count("unhandled");
      return Replies.notStarted(
          one.id, "the server that took it has no handler for '" + type + "'");
    }
    return answering.handle(one, handler);
  }

  /** Answers once, for as long as the request is ours. */
  private void answer(Running one, Received received, Entry reply) {
    if (one.answered.compareAndSet(false, true)) {
      settle(one, new Settlement.Answer(received, reply, kept(one.request)));
    } else {
      done(one);
    }
  }

  private Duration kept(Entry request) {
    long asked = number(request.headers().get(Requests.KEPT));
    return asked > 0 ? Duration.ofMillis(asked) : context.resultsKept();
  }

  /** The calling thread does not wait; whoever hears what became of it takes the next request. */
  private void settle(Running one, Settlement settlement) {
    var end =
        new Answers.End() {
          @Override
          public void settled(Settled how) {
            try {
              if (how != Settled.DONE && settlement instanceof Settlement.Answer) {
                counts.count("unanswered");
                LOG.warn("{}: the answer to {} was not taken: {}", name, one.request, how);
              }
            } finally {
              done(one);
            }
          }

          @Override
          public void failed(Throwable fault) {
            Serving.this.failed(one, fault);
          }
        };
    GroupReader open = reader;
    if (open == null) {
      end.settled(Settled.UNKNOWN);
    } else {
      Answers.settle(open, context.clock(), context.lease(), settlement, end);
    }
  }

  private void failed(Running one, Throwable fault) {
    try {
      LOG.error("{}: a request could not be answered", name, fault);
      errors.accept(fault);
    } finally {
      // A fault of a handler's making may not even be fit to be logged.
      done(one);
    }
  }

  /** It takes up no slot any more; said twice, it gives back one all the same. */
  private void done(Running one) {
    if (!inHand.leave(one)) {
      return;
    }
    GroupReader open = reader;
    if (one.received == null) {
      asides.release();
    } else if (open != null) {
      open.request(1);
    }
  }

  // ---- what is heard besides

  private void cancel(Entry event) {
    if (inHand.cancel(event.id().orElse(""))) {
      counts.count("cancelled");
    }
  }

  private void askedAside(Entry question) {
    String address = question.headers().get(Requests.INBOX);
    Handlers.Handling handler = handlers.find(question.type().orElse(""));
    long timeout = number(question.headers().get(TIMEOUT));
    if (address == null || handler == null || question.id().isEmpty() || timeout == 0) {
      return;
    }
    counts.count("received");
    var one = new Running(question.id().get(), question, null, time.millis() + timeout);
    if (!asides.tryAcquire()) {
      reply(address, Replies.notStarted(one.id, "the server is busy"));
      return;
    }
    run(
        one,
        () -> {
          reply(address, answering.handle(one, handler));
          done(one);
        });
  }

  private void reply(String address, Entry reply) {
    var unused =
        inboxes
            .reply(address, reply)
            .whenComplete(
                (done, error) -> {
                  if (error != null) {
                    counts.count("unanswered");
                    LOG.warn("{}: a reply could not be sent", name, error);
                  }
                });
  }

  // ---- the reader's own troubles

  @Override
  public void recreated(Position from) {
    LOG.warn("{}: the stream of requests had vanished and was made again at {}", name, from);
  }

  @Override
  public void failed(Throwable error) {
    LOG.warn("{}: requests cannot be read", name, error);
    trouble = error;
    errors.accept(error);
  }

  @Override
  public void recovered() {
    trouble = null;
  }

  // ---- the end

  /**
   * Takes no request any more, lets handlers end up to the deadline, and interrupts the rest, whose
   * callers are told that nobody knows what became of them.
   */
  DrainReport stop(Duration deadline) {
    long begun = context.clock().nanoTime();
    var failures = new ArrayList<String>();
    GroupReader open = reader;
    if (open != null) {
      finish(open.stopReading(), "stop reading", failures);
    }
    end(questions, failures);
    long before = inHand.finished();
    inHand.awaitIdle(deadline);
    long done = inHand.finished() - before;
    List<Running> cut = inHand.all();
    cut.forEach(Running::cancel);
    inHand.awaitIdle(INTERRUPTED);
    end(cancellations, failures);
    upkeep.end();
    if (open != null) {
      finish(giveUp(open), "answer for handlers that go on", failures);
      finish(open.leave(), "leave", failures);
      finish(requests.attend(servers, Duration.ZERO), "leave", failures);
    }
    Duration took = Duration.ofNanos(context.clock().nanoTime() - begun);
    return new DrainReport(done, 0, cut.size(), took, failures);
  }

  /** Answers for the handlers that no interrupt has ended: all at once, and once. */
  private CompletionStage<Void> giveUp(GroupReader open) {
    var answers = new ArrayList<Settlement>();
    for (Running one : inHand.all()) {
      Received received = one.received;
      if (received != null && one.answered.compareAndSet(false, true)) {
        Entry reply = Replies.unknown(one.id, "its server was stopped while it ran");
        answers.add(new Settlement.Answer(received, reply, kept(one.request)));
      }
    }
    return answers.isEmpty()
        ? CompletableFuture.completedStage(null)
        : open.settle(answers).thenAccept(how -> unanswered(how));
  }

  private void unanswered(List<Settled> how) {
    long missing = how.stream().filter(one -> one != Settled.DONE).count();
    if (missing > 0) {
      counts.count("unanswered", missing);
      LOG.warn("{}: {} callers could not be told that it was stopped", name, missing);
    }
  }

  private void finish(CompletionStage<Void> stage, String what, List<String> failures) {
    try {
      Stages.await(stage, context.patience(), what, name);
    } catch (RuntimeException failed) {
      LOG.warn("{}: could not {}", name, what, failed);
      failures.add(name + ": " + failed.getMessage());
    }
  }

  private void end(@Nullable AutoCloseable subscription, List<String> failures) {
    try {
      if (subscription != null) {
        subscription.close();
      }
    } catch (Exception failed) {
      LOG.warn("{}: could not unsubscribe", name, failed);
      failures.add(name + ": " + failed.getMessage());
    }
  }
}
