package dev.millrace.broker.backend.redis.internal.connection;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.Names;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.cluster.PartitionSelectorException;
import io.lettuce.core.cluster.UnknownPartitionException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/**
 * What a failed command means. The code is the first word of Redis's error reply, or one of ours:
 * {@code REJECTED} (never sent), {@code TIMEOUT} and {@code DISCONNECTED} (sent, no answer).
 */
public final class RedisErrors {
  /** Never sent: disconnected, or too many commands are under way. */
  public static final String REJECTED = "REJECTED";

  /** Sent, and no answer in time. */
  public static final String TIMEOUT = "TIMEOUT";

  /** Sent, and the connection broke before the answer. */
  public static final String DISCONNECTED = "DISCONNECTED";

  private static final Set<String> TRANSIENT =
      Set.of(
          REJECTED,
          TIMEOUT,
          DISCONNECTED,
          "LOADING",
          "READONLY",
          "MASTERDOWN",
          "CLUSTERDOWN",
          "MOVED",
          "ASK",
          "TRYAGAIN",
          "NOREPLICAS",
          "BUSY",
          "MISCONF",
          "OOM");

  /**
   * Refusals of everything for now, as opposed to those that somebody has to do something about.
   */
  private static final Map<String, String> UNAVAILABLE =
      Map.of(
          "LOADING", "the server is still loading its data",
          "READONLY", "the server is a replica; a failover may be under way",
          "MASTERDOWN", "the server is a replica that has lost its master",
          "CLUSTERDOWN", "the cluster does not serve this slot",
          "MOVED", "the slot has moved to another node",
          "ASK", "the slot is moving to another node",
          "TRYAGAIN", "the slot is moving to another node",
          "BUSY", "the server is busy with a script");

  private static final Map<String, String> ADVICE =
      Map.ofEntries(
          Map.entry("OOM", "Give the server more memory (maxmemory), or trim its streams"),
          Map.entry(
              "MISCONF", "The server cannot save to its disk and refuses writes; free its disk"),
          Map.entry("NOREPLICAS", "Too few replicas are connected (min-replicas-to-write)"),
          Map.entry("NOPERM", "Grant the Redis user of the URL this command, key or channel (ACL)"),
          Map.entry("NOAUTH", "Put user and password into the URL: redis://user:password@host"),
          Map.entry("WRONGPASS", "Correct the user and password in the URL"),
          Map.entry(
              "UNMOVABLE",
              "No script can move so many fields; take the entry out of the backup (XRANGE, XDEL)"),
          Map.entry("WRONGTYPE", "The key holds something that is no stream; use another name"),
          Map.entry(
              "CROSSSLOT",
              "The keys are in different slots of the cluster; use names with one {tag}"),
          Map.entry("NOGROUP", "The stream or its group is gone; declare it again"),
          Map.entry("BUSYGROUP", "The group exists already"));

  private RedisErrors() {}

  /**
   * As an error of the api. Secrets are not in it: Redis's replies name commands and keys, never
   * values.
   *
   * @param component the stream, or the backend's URL without secrets
   */
  public static BrokerException translate(String operation, String component, Throwable error) {
    Throwable cause = unwrap(error);
    if (cause instanceof BrokerException known) {
      return known;
    }
    String code = codeOf(cause);
    String unavailable = UNAVAILABLE.get(code);
    if (unavailable != null) {
      return new BackendUnavailableException(
          operation, component, unavailable + " (" + code + ")", cause);
    }
    return switch (code) {
      case REJECTED -> new BackendUnavailableException(operation, component, text(cause), cause);
      case TIMEOUT ->
          BackendUnavailableException.noAnswer(
              operation, component, "there was no answer in time", cause);
      case DISCONNECTED ->
          BackendUnavailableException.noAnswer(
              operation, component, "the connection broke before the answer came", cause);
      default ->
          new BackendException(
              operation,
              component,
              code,
              text(cause),
              ADVICE.getOrDefault(code, "Look the code " + code + " up in the server's manual"),
              cause);
    };
  }

  /** The same stage, failing with errors of the api. */
  public static <T> CompletionStage<T> typed(
      String operation, String component, CompletionStage<T> stage) {
    return stage.exceptionallyCompose(
        error -> CompletableFuture.failedStage(translate(operation, component, error)));
  }

  /** The code of a failure, see above. */
  public static String codeOf(Throwable error) {
    Throwable cause = unwrap(error);
    if (cause instanceof RedisCommandExecutionException refused) {
      String text = refused.getMessage() == null ? "ERR" : refused.getMessage();
      int end = text.indexOf(' ');
      return end < 0 ? text : text.substring(0, end);
    }
    if (cause instanceof RedisCommandTimeoutException) {
      return TIMEOUT;
    }
    return outcomeUnknown(cause) ? DISCONNECTED : REJECTED;
  }

  /** Whether trying again later may help without anybody doing anything about it. */
  public static boolean transientError(Throwable error) {
    return TRANSIENT.contains(codeOf(error));
  }

  /**
   * Whether the command may have been executed: it was sent, and no answer came. What is not surely
   * unsent or refused counts as unknown.
   */
  public static boolean outcomeUnknown(Throwable error) {
    Throwable cause = unwrap(error);
    if (cause instanceof RedisCommandExecutionException
        || cause instanceof RedisConnectionException
        || cause instanceof PartitionSelectorException
        || cause instanceof UnknownPartitionException
        || cause instanceof BrokerException) {
      return false;
    }
    return !(cause instanceof RedisException && neverSent(text(cause)));
  }

  /** The error below the wrappers of futures. */
  public static Throwable unwrap(Throwable error) {
    Throwable cause = error;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  // Lettuce has no types for these; a test holds its wording against a real disconnected server.
  private static boolean neverSent(String text) {
    return text.contains("Commands are rejected")
        || text.contains("Commands are not accepted until");
  }

  private static String text(Throwable error) {
    return Names.printable(error.getMessage() == null ? error.toString() : error.getMessage());
  }
}
