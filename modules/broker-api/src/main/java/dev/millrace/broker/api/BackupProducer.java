package dev.millrace.broker.api;

import java.util.function.Consumer;

/**
 * A producer that goes on accepting when its stream is full or the backend is gone. Messages go to
 * the stream; while its backlog is at {@link StreamConfig#maxLength()}, to its backup stream; while
 * the backend cannot be reached, takes nothing, or does not answer within {@link
 * JournalConfig#spillAfter()}, to a journal on the local disk. They go on to the stream from there,
 * with their ids, in order, each once, also when processes die meanwhile. The result of a send says
 * where the message is: {@link SendResult.Accepted}, {@link SendResult.SpilledToBackup} or {@link
 * SendResult.SpilledToJournal}. What is in none of these throws.
 *
 * <p>The messages of one producer stay in the order in which they were sent, whatever their keys:
 * as long as one waits in the backup or the journal, later ones wait behind it. A {@linkplain
 * SendOptions#id chosen id} that was in the stream already, but not for longer than {@link
 * SendPolicy#idWindow()}, is stored once.
 *
 * <p>The limit of the backlog counts what is pending or unread in the group that is furthest
 * behind. It holds to within what is sent in 250 ms.
 */
public interface BackupProducer extends Producer {
  /** Where it stands. Does not block. */
  BackupStatus status();

  /**
   * Calls back at each change of the route, in order, on a thread of the producer's; an exception
   * of the listener is logged.
   *
   * @return this
   */
  BackupProducer onSwitch(Consumer<RouteSwitch> listener);
}
