package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.backend.redis.RedisBackendProvider;
import dev.millrace.broker.testkit.BackendFixture;
import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.contract.AuditContract;
import dev.millrace.broker.testkit.contract.FencingContract;
import dev.millrace.broker.testkit.contract.GroupReaderContract;
import dev.millrace.broker.testkit.contract.LeaseContract;
import dev.millrace.broker.testkit.contract.NotesContract;
import dev.millrace.broker.testkit.contract.ParkingContract;
import dev.millrace.broker.testkit.contract.PendingContract;
import dev.millrace.broker.testkit.contract.RecoveryContract;
import dev.millrace.broker.testkit.contract.SettlementContract;
import dev.millrace.broker.testkit.contract.TotalQueueContract;
import dev.millrace.broker.testkit.contract.WorkQueueContract;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What the contract suite asks of readers. */
@Execution(ExecutionMode.CONCURRENT)
class ReaderContractTest {
  private static final RedisServer SERVER = RedisServer.startOwn();

  @RegisterExtension static final FixtureExtension FIXTURE = new FixtureExtension(Fixture::new);

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  @Nested
  class Readers extends GroupReaderContract {}

  @Nested
  class Settlements extends SettlementContract {}

  @Nested
  class Leases extends LeaseContract {}

  @Nested
  class Recovery extends RecoveryContract {}

  @Nested
  class PendingEntries extends PendingContract {}

  @Nested
  class TotalQueue extends TotalQueueContract {}

  @Nested
  class Noting extends NotesContract {}

  @Nested
  class Audits extends AuditContract {}

  @Nested
  class Parking extends ParkingContract {}

  @Nested
  class WorkQueues extends WorkQueueContract {}

  @Nested
  class Fencing extends FencingContract {}

  private static final class Fixture implements BackendFixture {
    @Override
    public Backend open() {
      return new RedisBackendProvider()
          .open(BackendUrl.of(SERVER.url()), BackendContext.standalone("contract"));
    }

    @Override
    public void advance(Duration time) {
      // A real server's time cannot be moved, only waited for.
      long until = System.nanoTime() + time.toNanos();
      for (long left = time.toNanos(); left > 0; left = until - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }

    @Override
    public Duration tick() {
      return Duration.ofMillis(300);
    }

    @Override
    public boolean appendForeign(String stream, Map<String, String> fields) {
      List<String> command = new ArrayList<>(List.of("XADD", stream, "*"));
      fields.forEach((name, value) -> command.addAll(List.of(name, value)));
      SERVER.command(command.toArray(String[]::new));
      return true;
    }

    @Override
    public void close() {}
  }
}
