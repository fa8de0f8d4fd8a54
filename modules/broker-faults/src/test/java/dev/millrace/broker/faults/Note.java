package dev.millrace.broker.faults;

/**
 * An event.
 *
 * @param id tells it from others
 * @param text makes it as large as it has to be
 */
record Note(String id, String text) {
  /** The channel on which they are published. */
  static final String CHANNEL = "notes.all";
}
