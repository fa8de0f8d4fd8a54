package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisLoadingException;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisErrorsTest {
  private static RedisCommandExecutionException reply(String text) {
    return new RedisCommandExecutionException(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LOADING",
        "READONLY",
        "MASTERDOWN",
        "CLUSTERDOWN",
        "MOVED",
        "ASK",
        "TRYAGAIN",
        "BUSY"
      })
  void refusalsOfEverythingAreUnavailability(String code) {
    var error = RedisErrors.translate("send", "orders", reply(code + " whatever"));
    assertInstanceOf(BackendUnavailableException.class, error);
    assertTrue(error.getMessage().contains(code), error.getMessage());
    assertTrue(RedisErrors.transientError(reply(code + " x")));
    assertFalse(RedisErrors.outcomeUnknown(reply(code + " x")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OOM",
        "MISCONF",
        "NOREPLICAS",
        "NOPERM",
        "NOAUTH",
        "WRONGTYPE",
        "CROSSSLOT",
        "NOGROUP",
        "BUSYGROUP",
        "NOSCRIPT",
        "ERR"
      })
  void otherRefusalsKeepTheirCode(String code) {
    var error =
        RedisErrors.translate("send", "orders", new CompletionException(reply(code + " x")));
    assertEquals(code, assertInstanceOf(BackendException.class, error).code());
    assertFalse(RedisErrors.outcomeUnknown(reply(code + " x")));
  }

  @Test
  void specialClassesKeepTheirCode() {
    assertEquals("LOADING", RedisErrors.codeOf(new RedisLoadingException("LOADING the data")));
  }

  @Test
  void lostAnswersLeaveTheOutcomeUnknown() {
    for (Throwable lost :
        new Throwable[] {
          new RedisException("Connection disconnected"),
          new RedisCommandTimeoutException("Command timed out after 5 second(s)"),
          new IOException("Connection reset by peer"),
          new IllegalStateException("something new")
        }) {
      assertTrue(RedisErrors.outcomeUnknown(lost), lost.toString());
      assertTrue(
          RedisErrors.translate("send", "orders", lost).advice().contains("may have been done"));
    }
  }

  @Test
  void whatWasNeverSentWasNotDone() {
    for (Throwable unsent :
        new Throwable[] {
          new RedisException("Currently not connected. Commands are rejected."),
          new RedisException(
              "Request queue size exceeded: 5. Commands are not accepted until the queue size drops."),
          new RedisConnectionException("Unable to connect")
        }) {
      assertFalse(RedisErrors.outcomeUnknown(unsent), unsent.toString());
      assertEquals(RedisErrors.REJECTED, RedisErrors.codeOf(unsent));
      assertTrue(RedisErrors.transientError(unsent));
      assertTrue(
          RedisErrors.translate("send", "orders", unsent).advice().contains("Nothing was done"));
    }
  }
}
