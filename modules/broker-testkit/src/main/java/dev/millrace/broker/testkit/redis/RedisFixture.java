package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.testkit.BackendFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.awaitility.Awaitility;

/** A fixture of the contract suite on a real server, where time passes by itself. */
public final class RedisFixture implements BackendFixture {
  private static final Duration TICK = Duration.ofMillis(300);

  private final RedisServer server;
  private final Function<String, Backend> opener;

  /**
   * On this server.
   *
   * @param opener opens a backend by URL
   */
  public RedisFixture(RedisServer server, Function<String, Backend> opener) {
    this.server = server;
    this.opener = opener;
  }

  @Override
  public Backend open() {
    return opener.apply(server.url());
  }

  @Override
  public void advance(Duration time) {
    Instant end = Instant.now().plus(time);
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(time.plusSeconds(20))
        .until(() -> !Instant.now().isBefore(end));
  }

  @Override
  public Duration tick() {
    return TICK;
  }

  /** As {@code redis-cli XADD} does. */
  @Override
  public boolean appendForeign(String stream, Map<String, String> fields) {
    var words = new ArrayList<>(List.of("XADD", stream, "*"));
    fields.forEach(
        (name, value) -> {
          words.add(name);
          words.add(value);
        });
    server.command(words.toArray(String[]::new));
    return true;
  }

  @Override
  public void close() {
    // The server is its owner's; each test uses names of its own.
  }
}
