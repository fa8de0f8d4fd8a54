package dev.millrace.broker.testkit.contract;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.UnsupportedByBackendException;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Settled;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;

/** Waiting for stages, and telling a refusal from a failure. */
final class Stages {
  /** Longer than anything here takes on a busy machine. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private Stages() {}

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      throw new AssertionError("the stage failed: " + failed.getCause(), failed.getCause());
    } catch (TimeoutException late) {
      throw new AssertionError("no answer within " + PATIENCE.toSeconds() + " s", late);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", stop);
    }
  }

  /** The error of a stage that has to fail, which has to be one of ours. */
  static BrokerException failure(CompletionStage<?> stage) {
    try {
      Object value = stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      return fail("expected a failure and got " + value);
    } catch (ExecutionException failed) {
      return assertInstanceOf(BrokerException.class, failed.getCause());
    } catch (TimeoutException late) {
      throw new AssertionError("no answer within " + PATIENCE.toSeconds() + " s", late);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", stop);
    }
  }

  /** The stage fails because the backend does not do this. */
  static void assertUnsupported(CompletionStage<?> stage) {
    assertInstanceOf(UnsupportedByBackendException.class, failure(stage));
  }

  /** A settlement that the backend does not do: the stage says so, or each is refused. */
  static void assertRefused(CompletionStage<List<Settled>> stage) {
    if (stage.toCompletableFuture().isCompletedExceptionally() || failed(stage)) {
      assertUnsupported(stage);
    } else {
      assertTrue(await(stage).stream().allMatch(Settled.REFUSED::equals));
    }
  }

  /** A guard that the backend does not know: the stage says so, or each entry does. */
  static void assertGuardRefused(CompletionStage<List<Appended>> stage) {
    if (failed(stage)) {
      assertUnsupported(stage);
      return;
    }
    for (Appended each : await(stage)) {
      assertInstanceOf(
          UnsupportedByBackendException.class,
          assertInstanceOf(Appended.Failed.class, each).error());
    }
  }

  private static boolean failed(CompletionStage<?> stage) {
    Awaitility.await().atMost(PATIENCE).until(() -> stage.toCompletableFuture().isDone());
    return stage.toCompletableFuture().isCompletedExceptionally();
  }
}
