package dev.millrace.broker.api;

/** Where the messages of a backup producer go. */
public enum Route {
  /** To its stream. */
  PRIMARY,
  /** To the backup stream, for the backlog is at its limit, or the backup is not drained yet. */
  BACKUP,
  /** To the journal on the local disk, for the backend cannot be reached or takes nothing. */
  JOURNAL
}
