package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.testkit.fault.CommandCounts;
import dev.millrace.broker.testkit.fault.RespProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What readers ask the server while nothing happens. */
class IdleTest extends ReaderTest {
  private static final int READERS = 10;
  private static final Duration WATCHED = Duration.ofSeconds(20);

  @Test
  void ofTenIdleProcessesOneLooksForWhatWasParked() {
    try (var proxy = RespProxy.before("127.0.0.1", URI.create(server.url()).getPort())) {
      List<GroupReader> idle = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        GroupReader reader =
            RedisReaders.create(connect("p" + i, proxy.url()))
                .open(ref("s"), spec("p" + i, LONG), new RecordingSink());
        reader.request(1);
        idle.add(reader);
      }
      await().until(() -> blockedClients() == READERS);
      await().until(() -> redis.zcard("{s}:alive:" + GROUP) == READERS);
      CommandCounts counts = proxy.counts();
      counts.clear();
      await().atMost(WATCHED.multipliedBy(2)).during(WATCHED).until(() -> true);
      double seconds = WATCHED.toSeconds();
      // The one that has the turn looks each 2.5 to 5 s, and each shows each 7 s at most.
      double scripts = counts.of("EVALSHA") / seconds;
      assertTrue(scripts < 1.2, () -> scripts + " scripts a second: " + counts);
      idle.forEach(reader -> get(reader.leave()));
    }
  }
}
