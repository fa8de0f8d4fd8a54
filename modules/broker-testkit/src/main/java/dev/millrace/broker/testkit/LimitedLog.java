package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.AppendGuard;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.BackendFeatures;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Dedup;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupReader;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.ReaderSpec;
import dev.millrace.broker.api.spi.Sink;
import dev.millrace.broker.api.spi.StreamLog;
import dev.millrace.broker.api.spi.StreamSpec;
import dev.millrace.broker.api.spi.StreamState;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The streams of a limited backend. */
record LimitedLog(StreamLog whole, Refusals refusals) implements StreamLog {
  /** As good as no end: without leases, only leaving gives an entry back. */
  private static final Duration FOR_EVER = Duration.ofDays(3_650);

  @Override
  public CompletionStage<StreamState> declare(StreamSpec spec) {
    return whole.declare(spec);
  }

  @Override
  public CompletionStage<StreamState> describe(String stream) {
    return whole.describe(stream);
  }

  @Override
  public CompletionStage<Void> delete(String stream) {
    return whole.delete(stream);
  }

  @Override
  public CompletionStage<Boolean> removeGroup(GroupRef group, boolean lastTakesStream) {
    return whole.removeGroup(group, lastTakesStream);
  }

  @Override
  public CompletionStage<List<Appended>> append(
      String stream, List<Entry> entries, AppendGuard guard) {
    if (!(guard.dedup() instanceof Dedup.None) && !refusals.has(Feature.IDEMPOTENT_APPEND)) {
      return refused(stream, "storing each id once", Feature.IDEMPOTENT_APPEND);
    }
    boolean inLine = guard.dedup() instanceof Dedup.InLine;
    if ((inLine || guard.backup().isPresent()) && !refusals.has(Feature.BACKUP)) {
      return refused(stream, "a backup stream", Feature.BACKUP);
    }
    if (guard.maxBacklog().isPresent() && !refusals.has(Feature.GUARDED_APPEND)) {
      return refused(stream, "a limit on the backlog", Feature.GUARDED_APPEND);
    }
    if (!refusals.offers(guard.durability())) {
      return CompletableFuture.failedFuture(
          refusals.refusal(
              "append", stream, "this durability", BackendFeatures.levelOf(guard.durability())));
    }
    return whole.append(stream, entries, guard);
  }

  private CompletionStage<List<Appended>> refused(String stream, String what, Feature feature) {
    return CompletableFuture.failedFuture(refusals.refusal("append", stream, what, feature));
  }

  @Override
  public GroupReader open(GroupRef group, ReaderSpec spec, Sink sink) {
    if (spec.workQueue() && !refusals.has(Feature.WORK_QUEUE)) {
      throw refusals.refusal(
          "open a reader", group.stream(), "deleting on acknowledgement", Feature.WORK_QUEUE);
    }
    Duration lease = refusals.has(Feature.LEASES) ? spec.lease() : FOR_EVER;
    var lasting =
        new ReaderSpec(
            spec.consumer(), spec.start(), spec.batch(), spec.block(), lease, spec.workQueue());
    return new LimitedReader(
        group, whole.open(group, lasting, new LimitedSink(sink, refusals)), refusals);
  }
}
