package dev.millrace.app.demo;

import dev.millrace.broker.api.Priority;
import dev.millrace.broker.api.StreamConfig;
import java.time.Duration;

/**
 * The two streams of the demo, and its channel of events. Orders are kept long and go last when
 * memory is short; the audit trail is kept short and goes first.
 */
record DemoStreams(StreamConfig orders, StreamConfig audit, String channel) {
  static DemoStreams named(String prefix, String group) {
    return new DemoStreams(
        StreamConfig.builder(prefix + "orders")
            .groups(group)
            .maxLength(2_000_000)
            .maxAge(Duration.ofDays(7))
            .minRetentionTime(Duration.ofHours(1))
            .minRetentionCount(1_000)
            .priority(Priority.HIGH)
            .build(),
        StreamConfig.builder(prefix + "audit")
            .groups(group)
            .maxLength(1_000_000)
            .maxAge(Duration.ofHours(1))
            .minRetentionTime(Duration.ofMinutes(1))
            .minRetentionCount(100)
            .cleanupInterval(Duration.ofMinutes(1))
            .priority(Priority.LOW)
            .build(),
        prefix + "placed");
  }
}
