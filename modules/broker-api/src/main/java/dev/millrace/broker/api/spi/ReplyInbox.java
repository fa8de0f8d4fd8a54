package dev.millrace.broker.api.spi;

import java.util.concurrent.CompletionStage;

/** Where replies to requests arrive. */
public interface ReplyInbox {
  /**
   * Opens an inbox of this process.
   *
   * @param sink gets replies as events, and a gap when some may have been missed
   * @return its address, to be sent with requests
   */
  CompletionStage<Inbox> open(EventSink sink);

  /** Sends a reply to an address; one that nobody listens to is dropped. */
  CompletionStage<Void> reply(String address, Entry reply);

  /** An open inbox. */
  interface Inbox extends AutoCloseable {
    /** Where to send replies to. */
    String address();

    /** Closes it; idempotent. */
    @Override
    void close();
  }
}
