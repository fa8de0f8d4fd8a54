package dev.millrace.broker.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.testkit.redis.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** One tiny round of each benchmark, so that they cannot rot. What it measures means nothing. */
class BenchesRunTest {
  private interface Main {
    void run(String[] args) throws Exception;
  }

  @Test
  void streamsAreComparedInEveryWork() throws Exception {
    String table = printed(StreamBench::main, "300", "1");
    assertTrue(table.contains("send one by one"), table);
    for (String handlers : new String[] {"1 handler", "10 handlers", "100 handlers"}) {
      assertTrue(table.contains("consume, " + handlers + ", same entries"), table);
      assertTrue(table.contains("consume, " + handlers + ", leaner entries"), table);
      assertTrue(table.contains("consume, " + handlers + ", leaner, a thread each"), table);
    }
    assertFalse(table.contains("NaN"), table);
  }

  @Test
  void waysOfSendingAreCompared() throws Exception {
    String table = printed(SendBench::main, "300", "1");
    assertTrue(table.contains("once/plain"), table);
    assertTrue(table.contains("caller's ids"), table);
  }

  @Test
  void requestsAreCompared() throws Exception {
    String table = printed(RpcBench::main, "300", "1");
    assertTrue(table.contains("in flight"), table);
  }

  @Test
  void eventsToManyAreCompared() throws Exception {
    String table = printed(FanOutBench::main, "300", "1");
    assertTrue(table.contains("1 connection, in order"), table);
    assertTrue(table.contains("10 connections, a thread each"), table);
    assertFalse(table.contains("NaN"), table);
  }

  @Test
  void scriptsAreMeasuredByTheServersOwnTime() throws Exception {
    String table = printed(ScriptBench::main, "300");
    assertTrue(table.contains("in a line, limit, backup, 10 groups"), table);
    assertTrue(table.contains("drained 1,000 at a time"), table);
  }

  @Test
  void backupProducersAreCompared() throws Exception {
    String table = printed(BackupBench::main, "3000", "1");
    assertTrue(table.contains("threads"), table);
    assertTrue(table.contains("drained"), table);
  }

  @Test
  void aBacklogIsHandledOnce() throws Exception {
    String line = printed(LargeBacklog::main, "2000");
    assertTrue(line.contains("2000 of 2000"), line);
  }

  @Test
  void theJournalIsComparedWithTheDisk() throws Exception {
    String table = printed(JournalBench::main, "20", "1", "target");
    assertTrue(table.contains("write and sync"), table);
    assertTrue(table.contains("journal, threads: 64"), table);
  }

  @Test
  void trimmingIsComparedWithABareTrim() throws Exception {
    String table = printed(CleanupBench::main, "20000", "2000", "1");
    assertTrue(table.contains("one XTRIM"), table);
    assertTrue(table.contains("cleaner / XTRIM"), table);
    assertFalse(table.contains("NaN"), table);
  }

  @Test
  void measuringIsComparedWithNotMeasuring() throws Exception {
    String table = printed(MetricsBench::main, "1", "2");
    for (MeasuredWork work : MeasuredWork.ALL) {
      assertTrue(table.contains("memory: " + work.label()), table);
      assertTrue(table.contains("Redis: " + work.label()), table);
    }
    long verdicts =
        table.lines().filter(l -> l.matches(".*(within noise|not noise: time .*)")).count();
    assertEquals(2 * MeasuredWork.ALL.size(), verdicts, table);
    assertFalse(table.contains("NaN"), table);
  }

  private static String printed(Main main, String... args) throws Exception {
    PrintStream before = System.out;
    var out = new ByteArrayOutputStream();
    try (var redis = RedisServer.startOwn()) {
      String[] all = new String[args.length + 1];
      all[0] = redis.url();
      System.arraycopy(args, 0, all, 1, args.length);
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      main.run(all);
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
