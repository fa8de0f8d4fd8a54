package dev.millrace.broker.faults;

/**
 * What the workers of fault tests are sent.
 *
 * @param id for the checker
 * @param act what the handler is to do, see {@link JobHandler}
 * @param millis how long it takes
 */
record Job(String id, String act, long millis) {
  static final String TYPE = "job";

  static Job ok(String id) {
    return new Job(id, "ok", 0);
  }

  static Job ok(String id, long millis) {
    return new Job(id, "ok", millis);
  }
}
