package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.HandleInterceptor;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.SendInterceptor;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.SendRefusedException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The interceptors of one broker or manager, for all patterns alike, and the trace context that
 * handlers hand on. Thread-safe.
 */
public final class Interceptors {
  private static final Interceptors NONE = new Interceptors(List.of(), List.of(), thrown -> {});

  private final List<SendInterceptor> sends;
  private final List<HandleInterceptor> handles;
  private final Consumer<Throwable> errors;

  /** What a handler does with what it was given. */
  @FunctionalInterface
  public interface Handled<R> {
    /** Runs the handler. */
    R call() throws Exception;
  }

  /**
   * From the outermost to the innermost.
   *
   * @param errors is told what functions of {@link dev.millrace.broker.api.Sending#onEnd} throw
   */
  public Interceptors(
      List<SendInterceptor> sends, List<HandleInterceptor> handles, Consumer<Throwable> errors) {
    this.sends = List.copyOf(sends);
    this.handles = List.copyOf(handles);
    this.errors = errors;
  }

  /** No interceptor; a trace context is handed on all the same. */
  public static Interceptors none() {
    return NONE;
  }

  /**
   * Has a message looked at; null if nobody wants to.
   *
   * @param joined its headers with what is handed on
   * @throws SendRefusedException if one refuses it
   */
  @Nullable Departure departing(
      MessageKind kind,
      String destination,
      @Nullable String type,
      Object payload,
      SendOptions options,
      Map<String, String> joined) {
    if (sends.isEmpty()) {
      return null;
    }
    var departure = new Departure(kind, destination, type, payload, options, joined, errors);
    for (SendInterceptor interceptor : sends) {
      try {
        interceptor.send(departure);
      } catch (Error fatal) {
        departure.ends(null, fatal);
        throw fatal;
      } catch (Exception refused) {
        if (refused instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        var refusal =
            new SendRefusedException(destination, interceptor.getClass().getName(), refused);
        departure.ends(null, refusal);
        throw refusal;
      }
    }
    departure.leaves();
    return departure;
  }

  /** Whether {@link #handling} would do more than run the handler. */
  public boolean concern(Message message) {
    return !handles.isEmpty() || TraceContext.isTraced(message);
  }

  /** As {@link #concern(Message)}, for messages that are handled together. */
  public boolean concern(List<Message> messages) {
    return !handles.isEmpty() || messages.stream().anyMatch(TraceContext::isTraced);
  }

  /** As {@link #handling(MessageKind, List, int, Handled)}, for one message. */
  public <R> R handling(MessageKind kind, Message message, int attempt, Handled<R> handler)
      throws Exception {
    return handling(kind, List.of(message), attempt, handler);
  }

  /**
   * Runs a handler within the interceptors; what it sends on this thread carries the trace context
   * of its messages.
   *
   * @param messages at least one; of several, only a context that all share is handed on
   * @return what the handler returned
   * @throws Exception what it or an interceptor threw
   */
  public <R> R handling(MessageKind kind, List<Message> messages, int attempt, Handled<R> handler)
      throws Exception {
    Map<String, String> before = TraceContext.enter(TraceContext.of(messages));
    try {
      return handles.isEmpty()
          ? handler.call()
          : new Interception<>(handles, kind, messages, attempt, handler).run();
    } finally {
      TraceContext.leave(before);
    }
  }
}
