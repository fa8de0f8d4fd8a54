package dev.millrace.broker.testkit.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.History;
import dev.millrace.broker.testkit.TotalQueueCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildJvmTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path folder;

  private ChildJvm counter() {
    return ChildJvm.of(Counter.class)
        .args(folder.resolve("history").toString())
        .start(folder.resolve("out"));
  }

  private int handled() {
    return History.reading(List.of(folder.resolve("history"))).events().size();
  }

  @Test
  void killedOneLeavesAHistoryThatCanBeRead() {
    try (var child = counter()) {
      assertEquals("ready 7", child.awaitLine("ready", SOON));
      Awaitility.await().atMost(SOON).until(() -> handled() > 20);
      child.kill();
      assertFalse(child.alive());
      assertEquals(137, child.awaitExit(SOON).orElseThrow());
      assertTrue(
          TotalQueueCheck.of(History.reading(List.of(folder.resolve("history"))))
              .acknowledged()
              .isEmpty());
    }
  }

  @Test
  void stalledOneStandsStillUntilItIsResumed() {
    try (var child = counter()) {
      child.awaitLine("ready", SOON);
      Awaitility.await().atMost(SOON).until(() -> handled() > 5);
      child.stall();
      Awaitility.await().atMost(SOON).until(() -> state(child).equals("T"));
      int then = handled();
      assertTrue(child.alive());
      child.resume();
      Awaitility.await().atMost(SOON).until(() -> handled() > then);
    }
  }

  private static String state(ChildJvm child) throws Exception {
    String stat = java.nio.file.Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
  }

  @Test
  void hasTheEnvironmentItIsGiven() {
    try (var child =
        ChildJvm.of(Counter.class)
            .environment(Map.of("JAVA_TOOL_OPTIONS", "-Dcanary=yes"))
            .args(folder.resolve("history").toString())
            .start(folder.resolve("out"))) {
      assertTrue(child.awaitLine("Picked up JAVA_TOOL_OPTIONS", SOON).contains("-Dcanary=yes"));
    }
  }

  @Test
  void terminatedOneRunsItsHooks() {
    try (var child = counter()) {
      child.awaitLine("ready", SOON);
      child.terminate();
      assertEquals(OptionalInt.of(143), child.awaitExit(SOON));
      assertEquals("bye", child.awaitLine("bye", SOON));
    }
  }

  @Test
  void oneThatEndsBeforeItIsReadyFailsWithWhatItPrinted() {
    try (var child = ChildJvm.of(Broken.class).start(folder.resolve("out"))) {
      String said =
          assertThrows(AssertionError.class, () -> child.awaitLine("ready", SOON)).getMessage();
      assertTrue(said.contains("cannot begin"), said);
    }
  }

  @Test
  void closedOneIsGone() {
    var child = counter();
    child.close();
    assertFalse(child.alive());
    child.close();
  }

  static final class Counter {
    public static void main(String[] args) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("bye")));
      var history = History.writing(Path.of(args[0]));
      history.handled("0");
      System.out.println("ready 7");
      for (int i = 1; ; i++) {
        history.handled(Integer.toString(i));
        LockSupport.parkNanos(1_000_000);
      }
    }
  }

  static final class Broken {
    public static void main(String[] args) {
      throw new IllegalStateException("cannot begin");
    }
  }
}
