package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;

/** Waits for what becomes of settlements. */
interface Answer {
  /** Each index once, from any thread. */
  void done(int index, Settled result);
}
