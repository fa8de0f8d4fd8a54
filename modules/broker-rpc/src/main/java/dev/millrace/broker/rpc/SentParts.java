package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.ReplyParts;
import dev.millrace.broker.api.spi.ReplyInbox;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Stages;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;

/** Numbers the parts of an answer and sends them to the inbox of its caller. */
final class SentParts implements ReplyParts<Object> {
  private final Message request;
  private final Running running;
  private final RpcContext context;
  private final ServerTime time;
  private final ReplyInbox inboxes;

  /** Held while a part is sent: numbers leave in their order. */
  private final ReentrantLock lock = new ReentrantLock();

  private int sent;

  SentParts(
      Message request, Running running, RpcContext context, ServerTime time, ReplyInbox inboxes) {
    this.request = request;
    this.running = running;
    this.context = context;
    this.time = time;
    this.inboxes = inboxes;
  }

  @Override
  public void send(Object part) {
    byte[] payload = context.codec().encode(part);
    String type = running.request.type().orElse("");
    if (payload.length > context.maxMessageBytes()) {
      throw new MessageTooLargeException(
          type,
          "the part has "
              + payload.length
              + " bytes; at most "
              + context.maxMessageBytes()
              + " are allowed");
    }
    lock.lock();
    try {
      if (cancelled()) {
        throw new RemoteFailedException("CANCELLED", "nobody waits for the answer any more");
      }
      Stages.await(
          inboxes.reply(
              running.request.headers().getOrDefault(Requests.INBOX, ""),
              Replies.part(running.id, ++sent, payload)),
          context.patience(),
          "send a part of an answer",
          type);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Message request() {
    return request;
  }

  /** How many were sent. */
  int sent() {
    lock.lock();
    try {
      return sent;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean cancelled() {
    return running.cancelled() || time.millis() >= running.deadlineMillis;
  }

  @Override
  public Instant deadline() {
    return context.clock().now().plus(Duration.ofMillis(running.deadlineMillis - time.millis()));
  }
}
