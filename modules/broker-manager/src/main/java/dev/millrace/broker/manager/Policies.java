package dev.millrace.broker.manager;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RetentionPolicy;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.cleanup.Explainer;
import dev.millrace.broker.streams.StreamsContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which retention is in force for a stream: what was changed at run time, over the configuration
 * that it is used with here, over the defaults for its name. Blocks where it asks the backend.
 */
final class Policies {
  private static final Logger LOG = LoggerFactory.getLogger(Policies.class);

  private final StreamsContext context;
  private final Requirements requirements;
  private final Function<String, Optional<StreamConfig>> inUse;
  private final RetentionDefaults defaults;
  private final Changes changes;

  /** Whom a change at run time concerns in this process. */
  interface Changes {
    /** The stream's retention is another one from now on. */
    void retentionChanged(String stream, Map<String, String> settings);
  }

  /**
   * For one manager.
   *
   * @param inUse with which configuration a stream is used here
   */
  Policies(
      StreamsContext context,
      Requirements requirements,
      Function<String, Optional<StreamConfig>> inUse,
      RetentionDefaults defaults,
      Changes changes) {
    this.context = context;
    this.requirements = requirements;
    this.inUse = inUse;
    this.defaults = defaults;
    this.changes = changes;
  }

  StreamConfig inForce(String stream) {
    return configured(stream).changedBy(changed(stream));
  }

  /** Without what was changed at run time. */
  private StreamConfig configured(String stream) {
    return inUse.apply(stream).orElseGet(() -> defaults.fill(StreamConfig.of(stream)));
  }

  RetentionPolicy changed(String stream) {
    Names.checkStream(stream);
    StreamState state = await(context.backend().log().describe(stream), "read retention", stream);
    return RetentionPolicy.readable(
        state.settings(),
        fault ->
            LOG.warn(
                "stream {}: a stored setting of its retention has no effect: {}", stream, fault));
  }

  boolean exists(String stream) {
    Names.checkStream(stream);
    return await(context.backend().log().describe(stream), "look for a stream", stream).exists();
  }

  void change(String stream, RetentionPolicy asked) {
    String operation = "change retention";
    Names.checkStream(stream);
    requirements.checkRetention(operation, stream);
    var faults = new ArrayList<String>();
    if (Names.isBackup(stream)) {
      faults.add("a backup is never trimmed: what it holds was accepted, and is drained");
    }
    contradictions(asked, configured(stream).changedBy(asked), faults);
    if (!faults.isEmpty()) {
      throw new InvalidConfigException(operation, stream, faults);
    }
    store(operation, stream, asked.toMap());
  }

  /** Of what is asked for with what would be in force: who changes neither of two may not know. */
  private static void contradictions(
      RetentionPolicy asked, StreamConfig result, List<String> faults) {
    boolean lengths = asked.maxLength().isPresent() || asked.minRetentionCount().isPresent();
    if (lengths && result.maxLength() < result.minRetentionCount()) {
      faults.add(
          "maxLength "
              + result.maxLength()
              + " would be below minRetentionCount "
              + result.minRetentionCount()
              + ", and the floor wins; change both");
    }
    boolean ages = asked.maxAge().isPresent() || asked.minRetentionTime().isPresent();
    Duration longest = result.maxAge().orElse(result.minRetentionTime());
    if (ages && longest.compareTo(result.minRetentionTime()) < 0) {
      faults.add(
          "maxAge "
              + longest
              + " would be below minRetentionTime "
              + result.minRetentionTime()
              + ", and the floor wins; change both");
    }
  }

  void reset(String stream) {
    String operation = "reset retention";
    Names.checkStream(stream);
    requirements.checkRetention(operation, stream);
    store(operation, stream, Map.of());
  }

  private void store(String operation, String stream, Map<String, String> settings) {
    await(trimming().store(stream, settings), operation, stream);
    changes.retentionChanged(stream, settings);
  }

  RetentionReport explain(String stream, boolean cleanedHere) {
    Names.checkStream(stream);
    requirements.checkExplaining(stream);
    RetentionPolicy changed = changed(stream);
    History history = context.backend().facet(History.class).orElseThrow();
    return new Explainer(trimming(), history, context.patience())
        .explain(
            configured(stream).changedBy(changed), changed, cleanedHere, Names.isBackup(stream));
  }

  List<Drop> drops(String stream, int most) {
    String operation = "list drops";
    Names.checkStream(stream);
    requirements.checkRetention(operation, stream);
    if (most < 1) {
      throw new InvalidConfigException(
          operation, stream, List.of("most is " + most + "; it goes from 1 on"));
    }
    return await(trimming().drops(stream, most), operation, stream);
  }

  /** It takes as long as there is much, and nobody can tell how long that is. */
  List<Housekeeping.Leftover> leftovers() {
    requirements.checkHousekeeping();
    return Stages.await(
        context.backend().facet(Housekeeping.class).orElseThrow().leftovers(),
        Duration.ofHours(1),
        "look for leftovers",
        "all streams");
  }

  List<Housekeeping.Risk> risks() {
    requirements.checkRisks();
    return await(
        context.backend().facet(Housekeeping.class).orElseThrow().risks(),
        "look for risks",
        context.backend().name());
  }

  private Trimming trimming() {
    return context.backend().facet(Trimming.class).orElseThrow();
  }

  private <T> T await(CompletionStage<T> stage, String operation, String stream) {
    return Stages.await(stage, context.patience(), operation, stream);
  }
}
