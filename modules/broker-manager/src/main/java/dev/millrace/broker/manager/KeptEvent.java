package dev.millrace.broker.manager;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.Message;
import dev.millrace.broker.api.TypeRef;
import java.util.Map;
import java.util.Optional;

/** An event that was kept, as a handler of the channel sees it: as if it were live. */
record KeptEvent(Message kept, String stream) implements Message {
  @Override
  public String id() {
    return kept.id();
  }

  @Override
  public String position() {
    return kept.position();
  }

  @Override
  public Optional<String> type() {
    return kept.type();
  }

  @Override
  public Optional<String> key() {
    return kept.key();
  }

  @Override
  public Map<String, String> headers() {
    return kept.headers();
  }

  @Override
  public Fields fields() {
    return kept.fields();
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T as(TypeRef<T> type) {
    return kept.as(type);
  }

  @Override
  public String toString() {
    return kept.toString();
  }
}
