package dev.millrace.broker.backend.redis.internal.reader;

/** A running estimate of how large the entries of a stream are. Guarded by the hub's lock. */
final class EntrySize {
  private double average = 512;

  /** Growth counts at once, shrinking slowly: the estimate is there to bound memory. */
  void saw(int bytes) {
    average = bytes > average ? bytes : average + (bytes - average) / 64;
  }

  long average() {
    return Math.max(1, (long) average);
  }
}
