package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EventSink;
import dev.millrace.broker.api.spi.ReplyInbox;
import java.util.concurrent.CompletionStage;

/** Inboxes for replies, kept by the store under their addresses. */
record MemoryReplies(MemoryBackend backend, Store store) implements ReplyInbox {
  @Override
  public CompletionStage<Inbox> open(EventSink sink) {
    return backend.answer(
        "open inbox",
        backend.name(),
        () -> {
          var mailbox = new Mailbox(sink, backend.executor(), store.clock());
          String address = store.openInbox(mailbox);
          Registration open =
              backend.open(
                  () -> {
                    store.closeInbox(address);
                    mailbox.close();
                  });
          return new OpenInbox(address, open);
        });
  }

  @Override
  public CompletionStage<Void> reply(String address, Entry reply) {
    return backend.perform(
        "reply",
        address,
        () -> {
          Mailbox mailbox = store.inbox(address);
          if (mailbox != null) {
            mailbox.put(address, reply);
          }
        });
  }

  private record OpenInbox(String address, Registration open) implements Inbox {
    @Override
    public void close() {
      open.close();
    }
  }
}
