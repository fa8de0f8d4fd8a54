package dev.millrace.broker.backend.memory;

/** Something that is open at a backend and is closed with it. */
interface Registration extends AutoCloseable {
  /** Closes it; idempotent. */
  @Override
  void close();
}
