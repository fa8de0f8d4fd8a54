package dev.millrace.broker.backend.redis.internal.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.backend.redis.Backends;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Entries that somebody deleted while a reader had them are missing in the audit, and not done. */
class LostAuditTest extends ReaderTest {
  private static final Duration LEASE = Duration.ofMillis(600);

  private final RecordingSink sink = new RecordingSink();
  private Audit audit;
  private GroupReader reader;

  @BeforeEach
  void readTwoAndLoseOne() {
    Backend backend = Backends.open(server.url());
    open.add(backend);
    audit = backend.facet(Audit.class).orElseThrow();
    Backends.declare(backend, "s", GROUP);
    get(audit.begin("s"));
    add("s", 2);
    reader = readers.open(ref("s"), spec("me", LEASE), sink);
    reader.request(2);
    await().until(() -> sink.size() == 2);
    redis.xdel("s", sink.positions().get(0));
  }

  private AuditSum sum() {
    return get(audit.take("s")).getFirst();
  }

  private void oneIsMissing() {
    assertEquals(OptionalLong.of(1), sum().missing(), () -> sum().toString());
    assertEquals(0, sum().done(), () -> sum().toString());
  }

  @Test
  void whenItIsRenewed() {
    List<Received> both = List.copyOf(sink.received);
    get(readers.renew(ref("s"), both, LONG));
    oneIsMissing();
  }

  @Test
  void whenItIsHandedBack() {
    get(reader.leave());
    oneIsMissing();
  }

  @Test
  void whenItIsTakenOver() {
    var heir = new RecordingSink();
    process("heir").open(ref("s"), spec("heir", LEASE), heir).request(5);
    await().until(() -> heir.size() == 1);
    await().until(() -> pending("s") == 1);
    oneIsMissing();
  }
}
