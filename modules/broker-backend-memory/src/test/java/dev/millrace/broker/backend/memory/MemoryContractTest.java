package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.testkit.BackendFixture;
import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.contract.AppendGuardContract;
import dev.millrace.broker.testkit.contract.CoordinationContract;
import dev.millrace.broker.testkit.contract.EventContract;
import dev.millrace.broker.testkit.contract.FeaturesContract;
import dev.millrace.broker.testkit.contract.GroupReaderContract;
import dev.millrace.broker.testkit.contract.HistoryContract;
import dev.millrace.broker.testkit.contract.LeaseContract;
import dev.millrace.broker.testkit.contract.MoverContract;
import dev.millrace.broker.testkit.contract.PendingContract;
import dev.millrace.broker.testkit.contract.RecoveryContract;
import dev.millrace.broker.testkit.contract.ReplyContract;
import dev.millrace.broker.testkit.contract.SchedulesContract;
import dev.millrace.broker.testkit.contract.SettlementContract;
import dev.millrace.broker.testkit.contract.StreamLogContract;
import dev.millrace.broker.testkit.contract.TotalQueueContract;
import dev.millrace.broker.testkit.contract.TrimmingContract;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract that every backend keeps, on a clock that stands still. */
class MemoryContractTest {
  @RegisterExtension
  static final FixtureExtension FIXTURE = new FixtureExtension(MemoryFixture::new);

  @Nested
  class Features extends FeaturesContract {}

  @Nested
  class Streams extends StreamLogContract {}

  @Nested
  class Guards extends AppendGuardContract {}

  @Nested
  class Readers extends GroupReaderContract {}

  @Nested
  class Settlements extends SettlementContract {}

  @Nested
  class LeasesOfReaders extends LeaseContract {}

  @Nested
  class Recovery extends RecoveryContract {}

  @Nested
  class PendingEntries extends PendingContract {}

  @Nested
  class HistoryOfStreams extends HistoryContract {}

  @Nested
  class TrimmingOfStreams extends TrimmingContract {}

  @Nested
  class Moving extends MoverContract {}

  @Nested
  class ScheduledEntries extends SchedulesContract {}

  @Nested
  class CoordinationOfProcesses extends CoordinationContract {}

  @Nested
  class Events extends EventContract {}

  @Nested
  class Replies extends ReplyContract {}

  @Nested
  class TotalQueue extends TotalQueueContract {}

  /** All backends of a test share one named store. */
  private static final class MemoryFixture implements BackendFixture {
    private final VirtualClock clock = new VirtualClock(Instant.parse("2024-06-10T08:00:00Z"));
    private final String name = UUID.randomUUID().toString();

    @Override
    public Backend open() {
      return MemoryBackend.open(name, Fixture.context(clock));
    }

    @Override
    public void advance(Duration time) {
      clock.advance(time);
    }

    @Override
    public Duration tick() {
      return Duration.ofSeconds(1);
    }

    @Override
    public boolean appendForeign(String stream, Map<String, String> fields) {
      try (Backend backend = open()) {
        var entry = new Entry(null, null, null, Map.of(), Fields.from(fields));
        Fixture.get(backend.log().append(stream, List.of(entry), AppendGuard.none()));
        return true;
      }
    }

    @Override
    public void close() {
      assertEquals(0, clock.pendingTimers(), "timers left after all backends were closed");
    }
  }
}
