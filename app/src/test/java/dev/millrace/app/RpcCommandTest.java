package dev.millrace.app;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.redis.RedisServer;
import dev.millrace.broker.testkit.redis.WithRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@WithRedis
class RpcCommandTest {
  private final RedisServer redis;
  private final String stream = "shop-" + UUID.randomUUID();
  private final List<Running> servers = new ArrayList<>();

  @TempDir private Path folder;

  RpcCommandTest(RedisServer redis) {
    this.redis = redis;
  }

  private Running run(String command, String... more) {
    var all = new ArrayList<>(List.of("rpc", command, "--url", redis.url(), "--stream", stream));
    all.addAll(List.of(more));
    return new Running(all.toArray(String[]::new));
  }

  private void serve(String... more) {
    servers.add(run("serve", more).says("ready: "));
  }

  private Running call(String... more) {
    var all = new ArrayList<>(List.of("--timeout", "20s"));
    all.addAll(List.of(more));
    return run("call", all.toArray(String[]::new));
  }

  /** A server waits for one thing, to be told to stop. */
  @AfterEach
  void stopServers() {
    servers.forEach(Running::interrupt);
    servers.forEach(Running::ended);
  }

  private static void assertEnds(int code, String said, Running run) {
    assertEquals(code, run.ended(), () -> run.errors() + " " + run.lines());
    assertEquals(1, run.errors().size(), () -> run.errors().toString());
    assertTrue(run.errors().getFirst().contains(said), () -> run.errors().toString());
  }

  @Test
  void commandAnswersWithWhatItPrints() {
    serve("--handle", "double=cat; echo >&2 told", "--handle", "ping=echo");
    Running call = call("double", "{\"n\": 1.10}");
    assertEquals(0, call.ended(), () -> call.errors().toString());
    assertEquals(List.of("{\"n\":1.10}"), call.lines());
    Running ping = call("ping");
    assertEquals(0, ping.ended());
    assertEquals(List.of("{}"), ping.lines());
  }

  @Test
  void eachOutcomeHasAnExitCodeAndOneLine() {
    serve(
        "--handle",
        "fail=yes noise | head -n 5000 >&2; echo broken >&2; exit 7",
        "--handle",
        "talk=echo hello");
    Running failed = call("fail");
    assertEnds(3, "failed with EXIT_7: ", failed);
    assertTrue(failed.errors().getFirst().endsWith("broken"), () -> failed.errors().toString());
    assertTrue(failed.errors().getFirst().length() < 1_200);
    assertEnds(3, "BAD_ANSWER: what the command printed is not JSON", call("talk"));
    assertEnds(
        4, "not started: the server that took it has no handler for 'nothing'", call("nothing"));
  }

  @Test
  void callThatNobodyTakesIsNotStarted() {
    assertEnds(4, "not started: its time of", run("call", "x", "--timeout", "100ms"));
  }

  @Test
  void callWhoseTimeIsOverIsUnknownAndItsAnswerCanBeAskedForByItsId() {
    Path go = folder.resolve("go");
    serve("--handle", "slow=while [ ! -e '" + go + "' ]; do sleep 0.05; done; echo 42");
    assertEnds(
        5, "unknown: its time of", run("call", "slow", "--timeout", "1s", "--id", "order-7"));
    create(go);
    Running again = call("slow", "--id", "order-7");
    assertEquals(0, again.ended(), () -> again.errors().toString());
    assertEquals(List.of("42"), again.lines());
  }

  @Test
  void interruptedCallStopsTheCommandThatAnswersIt() {
    Path pid = folder.resolve("pid");
    serve("--handle", "long=echo $$ > '" + pid + "'; sleep 60");
    Running call = call("long");
    await().until(() -> Files.exists(pid) && Files.readString(pid).endsWith("\n"));
    ProcessHandle command = ProcessHandle.of(Long.parseLong(read(pid).strip())).orElseThrow();
    call.interrupt();
    assertEnds(5, "unknown: ", call);
    await().until(() -> !command.isAlive());
  }

  @Test
  void partsArePrintedAsTheyCome() {
    Path go = folder.resolve("go");
    serve(
        "--parts",
        "count=echo 1; while [ ! -e '" + go + "' ]; do sleep 0.05; done; echo 2; echo 3",
        "--parts",
        "half=echo 1; exit 4");
    Running call = call("count", "--parts");
    await().until(() -> call.lines().equals(List.of("1")));
    create(go);
    assertEquals(0, call.ended(), () -> call.errors().toString());
    assertEquals(List.of("1", "2", "3"), call.lines());
    assertEnds(1, "call with --parts", call("count"));
    Running half = call("half", "--parts");
    assertEnds(3, "failed with EXIT_4", half);
    assertEquals(List.of("1"), half.lines());
  }

  @Test
  void allServersAreAskedAndFewerAnswersThanWantedAreAnError() {
    serve("--handle", "who=echo 1");
    serve("--handle", "who=echo 2");
    Running both = call("who", "--all", "2");
    assertEquals(0, both.ended(), () -> both.errors().toString());
    assertEquals(List.of("1", "2"), both.lines().stream().sorted().toList());
    Running three = run("call", "who", "--all", "3", "--timeout", "2s");
    assertEnds(1, "2 of 3 servers answered within 2 s", three);
    assertEquals(2, three.lines().size());
  }

  @Test
  void badInputIsOneLineThatNamesItAndTheFix() {
    assertEnds(2, "--timeout", run("call", "T"));
    assertEnds(2, "'5' is not a duration", run("call", "T", "--timeout", "5"));
    assertEnds(2, "timeout is PT48H", run("call", "T", "--timeout", "2d"));
    assertEnds(2, "The query is not JSON", call("T", "{oops"));
    assertEnds(2, "--all goes with neither", call("T", "--all", "2", "--parts"));
    assertEnds(2, "message id", call("T", "--id", ""));
    assertEnds(2, "What does it answer?", run("serve"));
    assertEnds(2, "--handle 'ab' has no '='", run("serve", "--handle", "ab"));
    assertEnds(2, "'*=cat' names no type", run("serve", "--handle", "*=cat"));
    assertEnds(2, "'a=log' has no answer", run("serve", "--handle", "a=log"));
    assertEnds(2, "type 'a' is given twice", run("serve", "--handle", "a=cat", "--parts", "a=cat"));
    assertEnds(2, "slots is 0", run("serve", "--handle", "a=cat", "--max-requests", "0"));
    assertEnds(2, "Which command? One of call, serve", new Running("rpc"));
  }

  private static void create(Path file) {
    try {
      Files.createFile(file);
    } catch (java.io.IOException cannot) {
      throw new java.io.UncheckedIOException(cannot);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException cannot) {
      throw new java.io.UncheckedIOException(cannot);
    }
  }
}
