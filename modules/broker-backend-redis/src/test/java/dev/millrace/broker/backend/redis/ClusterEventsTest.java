package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.testkit.BackendFixture;
import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.contract.EventContract;
import dev.millrace.broker.testkit.redis.RedisCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the contract suite asks of events, on a cluster of three nodes. */
class ClusterEventsTest {
  private static final RedisCluster CLUSTER = RedisCluster.start();

  @RegisterExtension
  static final FixtureExtension FIXTURE = new FixtureExtension(() -> new Fixture(CLUSTER.url()));

  @AfterAll
  static void stop() {
    CLUSTER.close();
  }

  @Nested
  class Events extends EventContract {}

  /** Backends of one URL. */
  record Fixture(String url) implements BackendFixture {
    @Override
    public Backend open() {
      return Backends.open(url);
    }

    @Override
    public void advance(Duration time) {
      Instant end = Instant.now().plus(time);
      Awaitility.await()
          .atMost(time.plusSeconds(20))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> !Instant.now().isBefore(end));
    }

    @Override
    public Duration tick() {
      return Duration.ofMillis(100);
    }

    @Override
    public boolean appendForeign(String stream, Map<String, String> fields) {
      return false;
    }

    @Override
    public void close() {}
  }
}
