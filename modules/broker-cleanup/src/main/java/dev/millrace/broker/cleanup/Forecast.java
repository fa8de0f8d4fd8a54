package dev.millrace.broker.cleanup;

import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StreamConfig;
import dev.millrace.broker.api.spi.Trimming;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** Where the rate of the last day leads. */
final class Forecast {
  static final Duration DAY = Duration.ofDays(1);
  private static final double NANOS = 1e9;

  /** What takes longer does not happen at this rate. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Forecast() {}

  /**
   * Where it leads.
   *
   * @param lastDay counts the entries of the last day; asked only where nothing else tells the rate
   */
  static RetentionReport.Forecast of(
      Trimming.Facts facts, StreamConfig policy, Trimming.Memory memory, LongSupplier lastDay) {
    double rate = perSecond(facts, lastDay);
    OptionalLong bytes = bytesPerEntry(facts);
    OptionalLong settles = settlesAt(rate, policy);
    long most = Math.max(policy.maxLength(), policy.minRetentionCount());
    Optional<Duration> full =
        settles.isPresent() && facts.length() < most
            ? Optional.empty()
            : in(most - facts.length(), rate);
    long growth = Math.max(0, settles.orElse(most) - facts.length());
    return new RetentionReport.Forecast(
        rate, bytes, settles, full, memoryFullIn(bytes, memory, growth, rate));
  }

  /** Neither a length nor an age ends its growth. */
  static RetentionReport.Forecast ofBackup(
      Trimming.Facts facts, Trimming.Memory memory, LongSupplier lastDay) {
    double rate = perSecond(facts, lastDay);
    OptionalLong bytes = bytesPerEntry(facts);
    return new RetentionReport.Forecast(
        rate,
        bytes,
        OptionalLong.empty(),
        Optional.empty(),
        memoryFullIn(bytes, memory, Long.MAX_VALUE, rate));
  }

  /**
   * From the longest time of a day at most of which it is known how many were added: since the
   * oldest entry, or since it was noted. Where neither is within the day, what came in it is
   * counted: the life of the stream would tell a rate that was long ago.
   */
  private static double perSecond(Trimming.Facts facts, LongSupplier lastDay) {
    Instant yesterday = facts.now().minus(DAY);
    Instant since = facts.first().map(Trimming.Mark::at).orElse(facts.now());
    long added = facts.length();
    for (Trimming.Sample sample : facts.history()) {
      boolean today = !sample.at().isBefore(yesterday);
      if (today && (sample.at().isBefore(since) || since.isBefore(yesterday))) {
        since = sample.at();
        added = facts.added() - sample.added();
      }
    }
    if (since.isBefore(yesterday)) {
      since = yesterday;
      added = lastDay.getAsLong();
    }
    double seconds = Duration.between(since, facts.now()).toNanos() / NANOS;
    return seconds <= 0 ? 0 : Math.max(0, added) / seconds;
  }

  private static OptionalLong bytesPerEntry(Trimming.Facts facts) {
    return facts.bytes().isPresent() && facts.length() > 0
        ? OptionalLong.of(Math.ceilDiv(facts.bytes().getAsLong(), facts.length()))
        : OptionalLong.empty();
  }

  /** Floors win here too. */
  private static OptionalLong settlesAt(double rate, StreamConfig policy) {
    if (policy.maxAge().isEmpty()) {
      return OptionalLong.empty();
    }
    Duration age = policy.maxAge().get();
    Duration kept = age.compareTo(policy.minRetentionTime()) < 0 ? policy.minRetentionTime() : age;
    double entries = rate * kept.toMillis() / 1000;
    double settles = Math.max(entries, (double) policy.minRetentionCount());
    return settles < policy.maxLength()
        ? OptionalLong.of(Math.round(settles))
        : OptionalLong.empty();
  }

  private static Optional<Duration> memoryFullIn(
      OptionalLong bytes, Trimming.Memory memory, long growth, double rate) {
    if (bytes.isEmpty() || memory.limit().isEmpty()) {
      return Optional.empty();
    }
    long room = Math.max(0, memory.limit().getAsLong() - memory.used());
    long entries = room / Math.max(1, bytes.getAsLong());
    return entries > growth ? Optional.empty() : in(entries, rate);
  }

  private static Optional<Duration> in(long entries, double rate) {
    if (entries <= 0) {
      return Optional.of(Duration.ZERO);
    }
    double seconds = entries / rate;
    return seconds > LONGEST.toSeconds()
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(Math.round(seconds)));
  }
}
