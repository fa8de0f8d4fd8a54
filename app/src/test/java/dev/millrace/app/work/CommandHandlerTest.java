package dev.millrace.app.work;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Outcome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandHandlerTest {
  @TempDir private Path folder;

  private Outcome run(String command, Fake message) throws Exception {
    Path out = folder.resolve("out");
    return new CommandHandler(command, ProcessBuilder.Redirect.to(out.toFile()))
        .handle(message, message);
  }

  private String output() throws Exception {
    return Files.readString(folder.resolve("out"));
  }

  @Test
  void givesThePayloadOnStandardInputAndTheRestInTheEnvironment() throws Exception {
    var message = new Fake("m-7", Optional.of("T"), Fields.of("payload", "{\"ä\":1}"), 3);
    run(
        "cat; echo \" $MILLRACE_MESSAGE_ID $MILLRACE_ATTEMPT $MILLRACE_TYPE $MILLRACE_STREAM\"",
        message);
    assertEquals("{\"ä\":1} m-7 3 T orders\n", output());
  }

  @Test
  void givesTheFieldsOfAnUntypedEntryAsJson() throws Exception {
    var entry = new Fake("1-0", Optional.empty(), Fields.of("user_id", 7, "action", "login"), 1);
    run("cat", entry);
    assertEquals("{\"user_id\":\"7\",\"action\":\"login\"}", output());
  }

  @Test
  void exitCodeZeroIsDone() throws Exception {
    assertEquals(Outcome.done(), run("true", Fake.typed("T", "1")));
  }

  @Test
  void anyOtherExitCodeIsAFailureWithTheEndOfStderr() {
    var failed =
        assertThrows(
            CommandFailedException.class,
            () ->
                run("yes noise | head -n 5000 >&2; echo broken >&2; exit 3", Fake.typed("T", "1")));
    assertEquals(3, failed.exitCode());
    assertTrue(failed.getMessage().contains("noise | broken"), failed.getMessage());
    assertTrue(failed.getMessage().length() < 8_000);
  }

  @Test
  void aCommandThatReadsNothingIsNotHeldUpByALargePayload() throws Exception {
    String large = "\"" + "x".repeat(900_000) + "\"";
    assertEquals(Outcome.done(), run("exit 0", Fake.typed("T", large)));
  }

  @Test
  void aProcessLeftInTheBackgroundIsNotWaitedFor() throws Exception {
    long before = System.nanoTime();
    run("sleep 20 & echo $!", Fake.typed("T", "1"));
    assertTrue(System.nanoTime() - before < 10_000_000_000L);
    ProcessHandle.of(Long.parseLong(output().strip())).ifPresent(ProcessHandle::destroy);
  }

  @Test
  void aCancelledDeliveryTakesItsProcessesWithIt() throws Exception {
    var ended = new CompletableFuture<Outcome>();
    Thread handler =
        Thread.startVirtualThread(
            () -> {
              try {
                ended.complete(run("sleep 60 & echo $!; wait", Fake.typed("T", "1")));
              } catch (Exception failed) {
                ended.completeExceptionally(failed);
              }
            });
    await().until(() -> Files.exists(folder.resolve("out")) && output().endsWith("\n"));
    ProcessHandle sleeping = ProcessHandle.of(Long.parseLong(output().strip())).orElseThrow();
    handler.interrupt();
    var failure = assertThrows(ExecutionException.class, ended::get);
    assertEquals(InterruptedException.class, failure.getCause().getClass());
    await().until(() -> !sleeping.isAlive());
  }

  @Test
  void printsAMessageAsOneLine() {
    var out = new StringWriter();
    var message = Fake.typed("T", "{\n\"a\": 1}");
    new PrintHandler(new PrintWriter(out)).handle(message, message);
    assertEquals("m-1 T {\\u000a\"a\": 1}\n", out.toString());
  }

  @Test
  void aTypeWithoutRouteGoesToTheOneForAny() throws Exception {
    var dispatch =
        new Dispatch(
            Map.of("known", (message, delivery) -> Outcome.done()),
            (message, delivery) -> Outcome.skip("any"));
    var known = Fake.typed("known", "1");
    var other = Fake.typed("other", "1");
    var untyped = new Fake("1-0", Optional.empty(), Fields.of("a", 1), 1);
    assertEquals(Outcome.done(), dispatch.handle(known, known));
    assertEquals(Outcome.skip("any"), dispatch.handle(other, other));
    assertEquals(Outcome.skip("any"), dispatch.handle(untyped, untyped));
  }
}
