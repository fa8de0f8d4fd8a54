package dev.millrace.broker.api;

/** To which of the three patterns a message belongs. */
public enum MessageKind {
  /** A message of a stream, with a type or of plain fields. */
  TASK,
  /** An event of a channel, live or kept. */
  EVENT,
  /** A request, which is answered. */
  REQUEST
}
