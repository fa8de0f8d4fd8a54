package dev.millrace.broker.backend.memory;

/**
 * What settles a delivery. Complete in itself: whoever hides the fence of a delivery from its users
 * can still settle it.
 */
record Receipt(Held held, long fence) {
  /** Whether this is still the newest delivery of the entry; under the stream's lock. */
  boolean valid(MemoryGroup group) {
    return held.group == group
        && held.state != Held.State.GONE
        && fence != Held.NO_FENCE
        && held.fence == fence;
  }
}
