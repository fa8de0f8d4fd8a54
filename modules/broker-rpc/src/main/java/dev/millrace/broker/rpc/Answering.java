package dev.millrace.broker.rpc;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.RemoteFailedException;
import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.EntryMessage;
import dev.millrace.broker.api.spi.Interceptors;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.ReplyInbox;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the handler of a request, and puts what came of it into words. */
final class Answering {
  private static final Logger LOG = LoggerFactory.getLogger(Answering.class);

  private final String name;
  private final String stream;
  private final RpcContext context;
  private final ServerTime time;
  private final ReplyInbox inboxes;
  private final Counts counts;
  private final Interceptors interceptors;

  Answering(String name, String stream, RpcContext context, ServerTime time, Counts counts) {
    this.name = name;
    this.stream = stream;
    this.context = context;
    this.time = time;
    this.inboxes = context.backend().facet(ReplyInbox.class).orElseThrow();
    this.counts = counts;
    this.interceptors = context.interceptors();
  }

  /** The reply; whatever the handler throws is in it. */
  Entry handle(Running running, Handlers.Handling handler) {
    long begun = context.clock().nanoTime();
    var message =
        new EntryMessage(
            stream, Position.UNKNOWN, running.request, context.codec(), context.maxMessageBytes());
    var parts = new SentParts(message, running, context, time, inboxes);
    Entry reply;
    running.begins();
    try {
      Object answer = answer(handler, message, parts);
      reply = answer == null ? Replies.end(running.id) : encoded(running.id, answer);
      counts.count("handled");
    } catch (Throwable thrown) {
      counts.count("failed");
      reply = failure(running, thrown);
    } finally {
      running.ends();
      counts.time(context.clock().nanoTime() - begun);
    }
    int sent = parts.sent();
    return sent > 0 || !reply.fields().has(Message.PAYLOAD) ? Replies.after(sent, reply) : reply;
  }

  private @Nullable Object answer(Handlers.Handling handler, Message message, SentParts parts)
      throws Exception {
    if (!interceptors.concern(message)) {
      return handler.handle(message, parts);
    }
    Optional<Object> answer =
        interceptors.handling(
            MessageKind.REQUEST,
            message,
            1,
            () -> Optional.ofNullable(handler.handle(message, parts)));
    return answer.orElse(null);
  }

  private Entry encoded(String id, Object answer) {
    byte[] payload;
    try {
      payload = context.codec().encode(answer);
    } catch (CodecException cannot) {
      LOG.warn("{}: an answer cannot be written", name, cannot);
      return Replies.error(id, "BAD_ANSWER", "the answer cannot be written");
    }
    return payload.length > context.maxMessageBytes()
        ? Replies.error(
            id,
            "BAD_ANSWER",
            "the answer has "
                + payload.length
                + " bytes; at most "
                + context.maxMessageBytes()
                + " are allowed")
        : Replies.ok(id, payload);
  }

  private Entry failure(Running running, Throwable thrown) {
    if (running.cancelled()) {
      return Replies.error(running.id, "CANCELLED", "its handler was interrupted");
    }
    if (thrown instanceof RemoteFailedException chosen) {
      return Replies.error(running.id, chosen.code(), chosen.text());
    }
    LOG.warn("{}: the handler of {} failed", name, running.request, thrown);
    if (thrown instanceof CodecException) {
      return Replies.error(running.id, "BAD_REQUEST", "the payload does not fit what is expected");
    }
    String text = thrown.getMessage();
    return Replies.error(
        running.id, "FAILED", text == null ? "the handler threw without a message" : text);
  }
}
