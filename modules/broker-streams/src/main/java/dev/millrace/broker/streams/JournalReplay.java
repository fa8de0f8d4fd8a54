package dev.millrace.broker.streams;

import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.streams.journal.Journal;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Brings one journal to the backend, each of its streams by itself. Thread-safe. */
final class JournalReplay {
  private final Journal journal;
  private final StreamsContext context;
  private final Function<String, Optional<StreamConfig>> configs;
  private final JournalConfig config;
  private final Rates rates;
  private final Executor executor;
  private final ConcurrentHashMap<String, StreamReplay> streams = new ConcurrentHashMap<>();

  /** Where a stream's replay counts. */
  interface Rates {
    /** Of this stream. */
    Rate of(String stream);
  }

  JournalReplay(
      Journal journal,
      StreamsContext context,
      Function<String, Optional<StreamConfig>> configs,
      JournalConfig config,
      Rates rates,
      Executor executor) {
    this.journal = journal;
    this.context = context;
    this.configs = configs;
    this.config = config;
    this.rates = rates;
    this.executor = executor;
  }

  /** Begins with all that is there. */
  void start() {
    journal.streams().forEach(stream -> of(stream).wake());
  }

  StreamReplay of(String stream) {
    return streams.computeIfAbsent(
        stream,
        name ->
            new StreamReplay(
                journal,
                name,
                context,
                configs,
                config.spillAfter(),
                config.maxAge(),
                rates.of(name),
                executor));
  }

  Journal journal() {
    return journal;
  }

  /** Whether nothing is left. */
  boolean isEmpty() {
    return journal.streams().isEmpty();
  }

  /** What is left, in words. */
  List<String> left() {
    return journal.streams().stream()
        .sorted()
        .map(
            stream ->
                journal.depth(stream).records()
                    + " messages for stream "
                    + stream
                    + " stay in the journal, for the next start")
        .toList();
  }

  void stop() {
    streams.values().forEach(StreamReplay::stop);
  }
}
