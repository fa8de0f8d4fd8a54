package dev.millrace.broker.backend.redis;

import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.testkit.BackendFixture;
import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.contract.AppendGuardContract;
import dev.millrace.broker.testkit.contract.BackupContract;
import dev.millrace.broker.testkit.contract.BackupQueueContract;
import dev.millrace.broker.testkit.contract.CoordinationContract;
import dev.millrace.broker.testkit.contract.DropContract;
import dev.millrace.broker.testkit.contract.DurabilityContract;
import dev.millrace.broker.testkit.contract.EventContract;
import dev.millrace.broker.testkit.contract.FeaturesContract;
import dev.millrace.broker.testkit.contract.HistoryContract;
import dev.millrace.broker.testkit.contract.HousekeepingContract;
import dev.millrace.broker.testkit.contract.InspectionContract;
import dev.millrace.broker.testkit.contract.LineContract;
import dev.millrace.broker.testkit.contract.MoverContract;
import dev.millrace.broker.testkit.contract.ReplyContract;
import dev.millrace.broker.testkit.contract.RequestContract;
import dev.millrace.broker.testkit.contract.SchedulesContract;
import dev.millrace.broker.testkit.contract.SequenceContract;
import dev.millrace.broker.testkit.contract.StreamLogContract;
import dev.millrace.broker.testkit.contract.StreamSettingsContract;
import dev.millrace.broker.testkit.contract.TrimmingContract;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the contract suite asks of everything but readers. */
class RedisContractTest {
  private static final RedisServer SERVER = RedisServer.startOwn();

  @RegisterExtension static final FixtureExtension FIXTURE = new FixtureExtension(Fixture::new);

  @AfterAll
  static void stop() {
    SERVER.close();
  }

  @Nested
  class Features extends FeaturesContract {}

  @Nested
  class StreamLogs extends StreamLogContract {}

  @Nested
  class AppendGuards extends AppendGuardContract {}

  @Nested
  class Lines extends LineContract {}

  @Nested
  class Backups extends BackupContract {}

  @Nested
  class BackupQueues extends BackupQueueContract {}

  @Nested
  class Sequences extends SequenceContract {}

  @Nested
  class Durabilities extends DurabilityContract {}

  @Nested
  class Histories extends HistoryContract {}

  @Nested
  class Trimmings extends TrimmingContract {}

  @Nested
  class Dropping extends DropContract {}

  @Nested
  class Inspecting extends InspectionContract {}

  @Nested
  class Settings extends StreamSettingsContract {}

  @Nested
  class Housekeeping extends HousekeepingContract {}

  @Nested
  class Schedulings extends SchedulesContract {}

  @Nested
  class Coordinations extends CoordinationContract {}

  @Nested
  class Events extends EventContract {}

  @Nested
  class Movers extends MoverContract {}

  @Nested
  class Replies extends ReplyContract {}

  @Nested
  class Requesting extends RequestContract {}

  private static final class Fixture implements BackendFixture {
    @Override
    public Backend open() {
      return Backends.open(SERVER.url());
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
      return Duration.ofMillis(100);
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
