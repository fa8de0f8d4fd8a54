package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.InvalidStateException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Waits for stages and unwraps their errors. */
public final class Stages {
  private Stages() {}

  /**
   * The stage's result. Blocks; meant for virtual threads.
   *
   * @throws BrokerException as the stage failed
   * @throws InvalidStateException if the thread is interrupted, whose flag stays set, or the time
   *     is over; the operation may still take effect
   */
  // A stage of Void ends with null, and the callers of those ignore the result.
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  public static <T> T await(
      CompletionStage<T> stage, Duration atMost, String operation, String component) {
    try {
      return stage.toCompletableFuture().get(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InvalidStateException(
          operation, component, "the waiting thread was interrupted", "It may still take effect");
    } catch (TimeoutException late) {
      throw new InvalidStateException(
          operation,
          component,
          "no answer within " + atMost,
          "It may still take effect; check the backend");
    } catch (ExecutionException failed) {
      throw asBrokerException(operation, component, failed);
    }
  }

  /** The error inside the wrappers of {@link java.util.concurrent}. */
  public static Throwable unwrap(Throwable error) {
    Throwable inner = error;
    while ((inner instanceof CompletionException || inner instanceof ExecutionException)
        && inner.getCause() != null) {
      inner = inner.getCause();
    }
    return inner;
  }

  /** The error as one of the project's own. */
  public static BrokerException asBrokerException(
      String operation, String component, @Nullable Throwable error) {
    Throwable inner = error == null ? null : unwrap(error);
    if (inner instanceof BrokerException typed) {
      return typed;
    }
    return new BackendException(
        operation,
        component,
        "UNEXPECTED",
        "an unexpected error: " + inner,
        "Look at the cause; this is a fault of the backend's implementation",
        inner);
  }
}
