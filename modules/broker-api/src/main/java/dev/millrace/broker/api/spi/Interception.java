package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.HandleInterceptor;
import dev.millrace.broker.api.Handling;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.MessageKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call of a handler with the interceptors around it. A failure below an interceptor stays one
 * whatever it does with the exception: one that only logs must not acknowledge what was not done.
 */
final class Interception<R> {
  private final List<HandleInterceptor> interceptors;
  private final MessageKind kind;
  private final List<Message> messages;
  private final int attempt;
  private final Interceptors.Handled<R> handler;
  private final Thread thread = Thread.currentThread();

  Interception(
      List<HandleInterceptor> interceptors,
      MessageKind kind,
      List<Message> messages,
      int attempt,
      Interceptors.Handled<R> handler) {
    this.interceptors = interceptors;
    this.kind = kind;
    this.messages = messages;
    this.attempt = attempt;
    this.handler = handler;
  }

  R run() throws Exception {
    return run(0);
  }

  private R run(int at) throws Exception {
    if (at == interceptors.size()) {
      return handler.call();
    }
    HandleInterceptor interceptor = interceptors.get(at);
    var layer = new Layer(at);
    interceptor.handle(layer);
    return layer.outcome(interceptor);
  }

  /** What one interceptor is given. */
  private final class Layer implements Handling {
    private final int at;
    private boolean called;
    private @Nullable Throwable thrown;
    private @Nullable R result;

    Layer(int at) {
      this.at = at;
    }

    @Override
    public MessageKind kind() {
      return kind;
    }

    @Override
    public List<Message> messages() {
      return messages;
    }

    @Override
    public int attempt() {
      return attempt;
    }

    @Override
    public void proceed() throws Exception {
      if (!thread.equals(Thread.currentThread())) {
        throw wrong("proceed() was called on another thread", "Call it on the handler's thread");
      }
      if (called) {
        throw wrong("proceed() was called twice", "Call it once");
      }
      called = true;
      try {
        result = run(at + 1);
      } catch (Throwable failed) {
        thrown = failed;
        throw failed;
      }
    }

    @SuppressWarnings("NullAway") // null is what the handler returned
    R outcome(HandleInterceptor interceptor) throws Exception {
      switch (thrown) {
        case Error error -> throw error;
        case Exception exception -> throw exception;
        case null, default -> {}
      }
      if (!called) {
        throw wrong(
            "the interceptor " + interceptor.getClass().getName() + " neither proceeded nor threw",
            "Have it call proceed(), or throw what the message is refused with");
      }
      return result;
    }

    private InvalidStateException wrong(String what, String advice) {
      return new InvalidStateException("handle", message().stream(), what, advice);
    }
  }
}
