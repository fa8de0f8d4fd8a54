package dev.millrace.broker.backend.memory;

import dev.millrace.broker.testkit.FixtureExtension;
import dev.millrace.broker.testkit.LimitedBackend;
import dev.millrace.broker.testkit.contract.AppendGuardContract;
import dev.millrace.broker.testkit.contract.AuditContract;
import dev.millrace.broker.testkit.contract.BackupContract;
import dev.millrace.broker.testkit.contract.BackupQueueContract;
import dev.millrace.broker.testkit.contract.CoordinationContract;
import dev.millrace.broker.testkit.contract.DropContract;
import dev.millrace.broker.testkit.contract.DurabilityContract;
import dev.millrace.broker.testkit.contract.EventContract;
import dev.millrace.broker.testkit.contract.FeaturesContract;
import dev.millrace.broker.testkit.contract.FencingContract;
import dev.millrace.broker.testkit.contract.GroupReaderContract;
import dev.millrace.broker.testkit.contract.HistoryContract;
import dev.millrace.broker.testkit.contract.HousekeepingContract;
import dev.millrace.broker.testkit.contract.InspectionContract;
import dev.millrace.broker.testkit.contract.LeaseContract;
import dev.millrace.broker.testkit.contract.LineContract;
import dev.millrace.broker.testkit.contract.MoverContract;
import dev.millrace.broker.testkit.contract.NotesContract;
import dev.millrace.broker.testkit.contract.ParkingContract;
import dev.millrace.broker.testkit.contract.PendingContract;
import dev.millrace.broker.testkit.contract.RecoveryContract;
import dev.millrace.broker.testkit.contract.ReplyContract;
import dev.millrace.broker.testkit.contract.RequestContract;
import dev.millrace.broker.testkit.contract.SchedulesContract;
import dev.millrace.broker.testkit.contract.SequenceContract;
import dev.millrace.broker.testkit.contract.SettlementContract;
import dev.millrace.broker.testkit.contract.StreamLogContract;
import dev.millrace.broker.testkit.contract.StreamSettingsContract;
import dev.millrace.broker.testkit.contract.TotalQueueContract;
import dev.millrace.broker.testkit.contract.TrimmingContract;
import dev.millrace.broker.testkit.contract.WorkQueueContract;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The contract with the promises of a RabbitMQ quorum queue. */
class RabbitMqLikeContractTest {
  @RegisterExtension
  static final FixtureExtension FIXTURE =
      new FixtureExtension(() -> new MemoryFixture(LimitedBackend::rabbitMqLike));

  @Nested
  class Features extends FeaturesContract {}

  @Nested
  class Streams extends StreamLogContract {}

  @Nested
  class Readers extends GroupReaderContract {}

  @Nested
  class Settling extends SettlementContract {}

  @Nested
  class Leasing extends LeaseContract {}

  @Nested
  class Recovering extends RecoveryContract {}

  @Nested
  class Guards extends AppendGuardContract {}

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
  class TrimmingStreams extends TrimmingContract {}

  @Nested
  class Dropping extends DropContract {}

  @Nested
  class Inspecting extends InspectionContract {}

  @Nested
  class Settings extends StreamSettingsContract {}

  @Nested
  class Housekeeping extends HousekeepingContract {}

  @Nested
  class Histories extends HistoryContract {}

  @Nested
  class PendingEntries extends PendingContract {}

  @Nested
  class Moving extends MoverContract {}

  @Nested
  class Scheduling extends SchedulesContract {}

  @Nested
  class Agreeing extends CoordinationContract {}

  @Nested
  class Events extends EventContract {}

  @Nested
  class Replies extends ReplyContract {}

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

  @Nested
  class Requesting extends RequestContract {}
}
