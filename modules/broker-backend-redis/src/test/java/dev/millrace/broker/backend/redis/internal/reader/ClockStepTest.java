package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server's clock jumps an hour: it runs under libfaketime, where that is installed. */
class ClockStepTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofSeconds(2);
  private static final List<Path> LIBRARIES =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"),
          Path.of("/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"),
          Path.of("/usr/lib64/faketime/libfaketime.so.1"));

  @TempDir Path folder;

  @Override
  RedisProcess startProcess() throws IOException {
    var library = LIBRARIES.stream().filter(Files::exists).findFirst();
    Assumptions.assumeTrue(
        library.isPresent(), "libfaketime is not installed (apt-get install faketime)");
    setClock("+0");
    return RedisProcess.startedWith(
        Map.of(
            "LD_PRELOAD",
            library.orElseThrow().toString(),
            "FAKETIME_TIMESTAMP_FILE",
            folder.resolve("clock").toString(),
            "FAKETIME_NO_CACHE",
            "1",
            "FAKETIME_DONT_FAKE_MONOTONIC",
            "1"));
  }

  @Test
  void takesNothingFromTheLivingWhenTheClockGoesForward() throws Exception {
    var owners = process("owner");
    List<Received> held = readBy(owners, "owner", 1).received;
    var heir = new RecordingSink();
    readers.open(ref("s"), spec("heir", LEASE), heir).request(10);
    lives("heir");
    long before = serverSeconds();
    setClock("+3600");
    await().during(LEASE.multipliedBy(2)).until(() -> renewed(owners, held) && heir.size() == 0);
    assertTrue(serverSeconds() - before > 3_000);
    get(owners.close());
    await().until(() -> heir.size() == 1);
  }

  @Test
  void recoversFromTheDeadAndNotFromTheLivingWhenTheClockGoesBack() throws Exception {
    var dead = connect("dead");
    readBy(RedisReaders.create(dead), "dead", 1);
    var owners = process("owner");
    List<Received> held = readBy(owners, "owner", 1).received;
    lives("owner");
    var heir = new RecordingSink();
    GroupReader reader = readers.open(ref("s"), spec("heir", LEASE), heir);
    lives("heir");
    dead.close();
    long before = serverSeconds();
    setClock("-3600");
    assertTrue(before - serverSeconds() > 3_000);
    reader.request(10);
    await().until(() -> renewed(owners, held) && heir.size() == 1);
    await().during(LEASE.multipliedBy(2)).until(() -> renewed(owners, held) && heir.size() == 1);
    assertEquals("dead", heir.received.get(0).entry().fields().text("n"));
  }

  private RecordingSink readBy(RedisReaders by, String name, int count) {
    var sink = new RecordingSink();
    by.open(ref("s"), spec(name, LEASE), sink).request(count);
    add("s", name);
    await().until(() -> sink.size() == count);
    return sink;
  }

  private static boolean renewed(RedisReaders by, List<Received> held) {
    return get(by.renew(ref("s"), held, LEASE)).size() == held.size();
  }

  private void lives(String consumer) {
    await().until(() -> redis.zscore("{s}:alive:" + GROUP, consumer) != null);
  }

  private long serverSeconds() {
    return Long.parseLong(redis.time().get(0));
  }

  private void setClock(String offset) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), offset + "\n");
    Files.move(
        next,
        folder.resolve("clock"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }
}
