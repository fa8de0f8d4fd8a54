package dev.millrace.broker.rpc;

import dev.millrace.broker.api.ComponentHealth;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.RequestHandler;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.StreamingRequestHandler;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.ComponentBase;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Measure;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers the requests of a stream. */
final class DefaultRequestServer extends ComponentBase implements RequestServer {
  private final GroupRef servers;
  private final int slots;
  private final RpcContext context;
  private final Counts counts;
  private final Handlers handlers = new Handlers();

  /** What the newest start has made; kept after a stop until the next one. */
  private volatile @Nullable Serving serving;

  DefaultRequestServer(
      String name, GroupRef servers, int slots, RpcContext context, Runnable onClosed) {
    super(
        name,
        "request server",
        servers.stream(),
        context.closeDeadline(),
        context.clock(),
        context.telemetry().of(name, Measure.Part.REQUEST_SERVER),
        onClosed);
    this.servers = servers;
    this.slots = slots;
    this.context = context;
    this.counts =
        new Counts(Measure.Part.REQUEST_SERVER, measures, Measure.REQUEST_SERVER_HANDLING);
    measures.read(Measure.REQUEST_SERVER_RUNNING, this::inHand);
  }

  @Override
  public <Q> void onRequest(String type, TypeRef<Q> query, RequestHandler<? super Q, ?> handler) {
    handlers.add(type, query, handler);
  }

  @Override
  public <Q, P> void onRequest(
      String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler) {
    handlers.add(type, query, handler);
  }

  @Override
  protected void doStart() {
    var now = new Serving(name(), servers, slots, handlers, context, counts, this::recordError);
    serving = now;
    try {
      now.begin();
    } catch (RuntimeException cannot) {
      // What was opened before it failed must not go on beside the next start.
      var unused = now.stop(Duration.ZERO);
      throw cannot;
    }
  }

  @Override
  protected DrainReport doStop(Duration deadline) {
    Serving now = serving;
    return now == null ? DrainReport.nothing() : now.stop(deadline);
  }

  @Override
  protected ComponentHealth health() {
    Serving now = serving;
    Throwable trouble = now == null ? null : now.trouble();
    return trouble == null
        ? ComponentHealth.green()
        : ComponentHealth.yellow("requests cannot be read: " + trouble.getMessage());
  }

  @Override
  protected Map<String, Long> counts() {
    Map<String, Long> all = counts.all();
    all.put("running", inHand());
    return all;
  }

  private long inHand() {
    Serving now = serving;
    return now == null ? 0 : now.running();
  }
}
