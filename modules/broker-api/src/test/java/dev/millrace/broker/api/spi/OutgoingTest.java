package dev.millrace.broker.api.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.MessageKind;
import dev.millrace.broker.api.SendInterceptor;
import dev.millrace.broker.api.SendOptions;
import dev.millrace.broker.api.Sending;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class OutgoingTest {
  private final AtomicReference<Sending> sending = new AtomicReference<>();
  private final List<Optional<Throwable>> ends = new ArrayList<>();

  private Outgoing.Draft draft(SendInterceptor... interceptors) {
    var all = new Interceptors(List.of(interceptors), List.of(), thrown -> {});
    return new Outgoing(MessageKind.TASK, "s", new TraceContextTest.NoCodec(), 1_000, all)
        .fields(Fields.of("n", 1), SendOptions.none());
  }

  @Test
  void firstEndCounts() {
    Outgoing.Draft draft = draft(message -> message.onEnd(ends::add));
    draft.ended("id", null);
    draft.ended("other", new IllegalStateException("late"));
    assertEquals(List.of(Optional.empty()), ends);
  }

  @Test
  void messageThatIsOnItsWayIsNotChanged() {
    Outgoing.Draft draft = draft(sending::set);
    assertThrows(InvalidStateException.class, () -> sending.get().header("late", "1"));
    assertThrows(InvalidStateException.class, () -> sending.get().onEnd(ends::add));
    assertEquals(0, draft.entry().headers().size());
  }

  @Test
  void withoutInterceptorsNobodyIsTold() {
    assertFalse(draft().intercepted());
  }
}
