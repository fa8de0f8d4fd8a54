package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.StartPosition;
import java.time.Duration;

/**
 * How a reader takes part in its group.
 *
 * @param consumer the member's name
 * @param start where the group begins if it does not exist
 * @param batch how many entries one read takes at most
 * @param block how long one read waits; a backend may share waits between readers
 * @param lease how long an entry belongs to this reader without renewal
 * @param workQueue entries are deleted when they are acknowledged, moved or parked, except one that
 *     another group has not read or has pending: that stays, and the last work queue that is done
 *     with it deletes it; needs {@link BackendFeatures.Feature#WORK_QUEUE}
 */
public record ReaderSpec(
    String consumer,
    StartPosition start,
    int batch,
    Duration block,
    Duration lease,
    boolean workQueue) {}
