package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.Sending;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A message that is looked at by interceptors before it is sent, and told of when it was. */
final class Departure implements Sending {
  private final MessageKind kind;
  private final String destination;
  private final @Nullable String type;
  private final Object payload;
  private final @Nullable String key;
  private final Consumer<Throwable> errors;
  private final Map<String, String> headers;
  private final List<Consumer<? super Optional<Throwable>>> functions = new ArrayList<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable String id;
  private boolean stateHandedOn;
  private boolean left;

  /**
   * Before its interceptors.
   *
   * @param joined the headers of the options and what is handed on
   * @param errors is told what functions throw
   */
  Departure(
      MessageKind kind,
      String destination,
      @Nullable String type,
      Object payload,
      SendOptions options,
      Map<String, String> joined,
      Consumer<Throwable> errors) {
    this.kind = kind;
    this.destination = destination;
    this.type = type;
    this.payload = payload;
    this.key = options.key().orElse(null);
    this.id = options.id().orElse(null);
    this.headers = new LinkedHashMap<>(joined);
    this.stateHandedOn =
        headers.containsKey(TraceContext.STATE)
            && !options.headers().containsKey(TraceContext.STATE);
    this.errors = errors;
  }

  @Override
  public MessageKind kind() {
    return kind;
  }

  @Override
  public String destination() {
    return destination;
  }

  @Override
  public Optional<String> type() {
    return Optional.ofNullable(type);
  }

  @Override
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }

  @Override
  public Optional<String> key() {
    return Optional.ofNullable(key);
  }

  @Override
  public Object payload() {
    return payload;
  }

  @Override
  public Map<String, String> headers() {
    return Collections.unmodifiableMap(headers);
  }

  @Override
  public Sending header(String name, String value) {
    checkHere("add a header");
    headers.putAll(SendOptions.none().header(name, value).headers());
    if (name.equals(TraceContext.STATE)) {
      stateHandedOn = false;
    } else if (name.equals(TraceContext.PARENT) && stateHandedOn) {
      headers.remove(TraceContext.STATE);
      stateHandedOn = false;
    }
    return this;
  }

  @Override
  public void onEnd(Consumer<? super Optional<Throwable>> function) {
    checkHere("wait for the end");
    functions.add(function);
  }

  private void checkHere(String operation) {
    if (left) {
      throw new InvalidStateException(
          operation, destination, "the message has left", "Do it before the interceptor returns");
    }
  }

  /** Its interceptors have run. */
  void leaves() {
    left = true;
  }

  /**
   * Tells the functions, once.
   *
   * @param given its id, where it has one
   */
  void ends(@Nullable String given, @Nullable Throwable error) {
    if (!ended.compareAndSet(false, true)) {
      return;
    }
    left = true;
    if (given != null) {
      id = given;
    }
    for (Consumer<? super Optional<Throwable>> function : functions.reversed()) {
      try {
        function.accept(Optional.ofNullable(error));
      } catch (Throwable thrown) {
        errors.accept(thrown);
      }
    }
  }
}
