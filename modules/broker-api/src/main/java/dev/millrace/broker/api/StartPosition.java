package dev.millrace.broker.api;

import java.time.Instant;

/**
 * Where a consumer group begins that does not exist yet; a group that exists goes on where it was.
 */
public sealed interface StartPosition {
  /**
   * At the oldest entry. The default: nothing that was sent before the first consumer came is
   * missed.
   */
  static StartPosition beginning() {
    return new Beginning();
  }

  /** After the newest entry: only what is sent from now on. */
  static StartPosition latest() {
    return new Latest();
  }

  /** After the entry at this position. */
  static StartPosition after(String position) {
    return new After(position);
  }

  /** At the first entry that is not older than this, by the backend's clock. */
  static StartPosition at(Instant time) {
    return new At(time);
  }

  /** See {@link #beginning()}. */
  record Beginning() implements StartPosition {}

  /** See {@link #latest()}. */
  record Latest() implements StartPosition {}

  /** See {@link #after(String)}. */
  record After(String position) implements StartPosition {}

  /** See {@link #at(Instant)}. */
  record At(Instant time) implements StartPosition {}
}
