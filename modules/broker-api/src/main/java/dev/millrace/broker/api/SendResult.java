package dev.millrace.broker.api;

/**
 * Where an accepted message is now. Every result means accepted: what was not accepted always
 * throws, so that an ignored result loses nothing.
 */
public sealed interface SendResult {
  /** The message's id. */
  String id();

  /**
   * In its stream.
   *
   * @param id the message's id
   * @param position where it stands, in the backend's terms; empty where a backup producer's answer
   *     got lost and its repeat found the message there
   */
  record Accepted(String id, String position) implements SendResult {}

  /**
   * In the backup stream of a backup producer, until the primary has room again.
   *
   * @param id the message's id
   */
  record SpilledToBackup(String id) implements SendResult {}

  /**
   * In the local journal of a backup producer, until the backend is back.
   *
   * @param id the message's id
   */
  record SpilledToJournal(String id) implements SendResult {}
}
