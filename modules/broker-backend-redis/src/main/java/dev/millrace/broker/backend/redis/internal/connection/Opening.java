package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.backend.redis.internal.connection.RedisUrl.Kind;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.ConnectTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Opens the connections of a URL and makes sure that what answers will do. */
public final class Opening {
  private static final Duration GRACE = Duration.ofSeconds(2);

  private Opening() {}

  /**
   * Opens. Blocks for little more than the connect time-out; leaves nothing open when it fails.
   *
   * @param warnings gets what is wrong with the server's settings and does not forbid using it
   */
  public static RedisConnections open(
      RedisUrl url, BackendContext context, Consumer<String> warnings) {
    var settings = new ClientSettings(url, context);
    ClientResources resources = settings.resources();
    // The network has timers of its own, which do not count the loading of classes; this one is for
    // what they miss.
    long deadline =
        context.clock().nanoTime() + url.options().connectTimeout().plus(GRACE).toNanos();
    AbstractConnections opened = null;
    try {
      opened =
          url.kind() == Kind.CLUSTER
              ? ClusterConnections.open(settings, resources, deadline)
              : StandaloneConnections.open(settings, resources, deadline);
      var info = opened.shared().info().toCompletableFuture().exceptionally(Opening::notPermitted);
      ServerVersion.check(url.toString(), AbstractConnections.await(info, settings, deadline))
          .ifPresent(warnings);
      AbstractConnections.await(ShardedEvents.check(opened), settings, deadline);
      var persistence = Persistence.syncsEachWrite(opened).toCompletableFuture();
      opened.fsyncs(AbstractConnections.await(persistence, settings, deadline));
      return opened;
    } catch (BrokerException refused) {
      if (opened != null) {
        opened.close();
      } else {
        AbstractConnections.shutdown(resources);
      }
      throw refused;
    }
  }

  /** Who may not ask for INFO may still use streams; the version is then taken on trust. */
  private static String notPermitted(Throwable error) {
    if (RedisErrors.codeOf(error).equals("NOPERM")) {
      return "";
    }
    throw RedisErrors.translate("connect", "redis", error);
  }

  static BrokerException failed(String name, Throwable error, Duration timeout) {
    Throwable root = RedisErrors.unwrap(error);
    if (root instanceof BrokerException known) {
      return known;
    }
    Throwable deepest = root;
    boolean late = root instanceof TimeoutException;
    for (Throwable cause = root; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisCommandExecutionException) {
        return refusal(name, cause);
      }
      late |=
          cause instanceof RedisCommandTimeoutException || cause instanceof ConnectTimeoutException;
      deepest = cause;
    }
    String what =
        late
            ? "there was no answer within " + timeout.toMillis() + " ms"
            : root instanceof InterruptedException
                ? "interrupted while connecting"
                : reason(deepest);
    return new BackendUnavailableException("connect", name, what, root);
  }

  private static BrokerException refusal(String name, Throwable refused) {
    // Redis says ERR where a password is given and none is set; that is about the login too.
    return RedisErrors.codeOf(refused).equals("ERR")
        ? new BackendException(
            "connect",
            name,
            "ERR",
            "the server refused: " + Names.printable(String.valueOf(refused.getMessage())),
            "Check user, password and database of the URL",
            refused)
        : RedisErrors.translate("connect", name, refused);
  }

  private static String reason(Throwable deepest) {
    String text = deepest.getMessage();
    return deepest.getClass().getSimpleName() + (text == null ? "" : ": " + Names.printable(text));
  }
}
