package dev.millrace.broker.api;

import java.time.Instant;

/**
 * The way back for the parts of an answer. Thread-safe; parts are numbered in the order of sending.
 *
 * @param <P> a part
 */
public interface ReplyParts<P> {
  /**
   * Sends a part. Blocks until the backend has it. Parts are not kept: a caller that misses one is
   * told so.
   *
   * @throws RemoteFailedException with the code {@code CANCELLED} if nobody waits for it any more
   * @throws MessageTooLargeException if it is too large
   * @throws BrokerException if the backend does not take it
   */
  void send(P part);

  /** The request as it came, with its headers. */
  Message request();

  /**
   * Whether going on is pointless: the caller has cancelled or its deadline is over, the server's
   * own deadline for stopping is over, or the request was lost to another server.
   */
  boolean cancelled();

  /** When the caller gives up, by this process's clock. */
  Instant deadline();
}
