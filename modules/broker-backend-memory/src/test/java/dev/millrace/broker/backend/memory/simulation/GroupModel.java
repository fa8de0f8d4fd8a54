package dev.millrace.broker.backend.memory.simulation;

import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Settled;
import dev.millrace.broker.api.spi.StreamState;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** What must hold for each message of one group, kept beside the backend and far simpler. */
final class GroupModel {
  /** What is known of one message. */
  private static final class Known {
    int deliveries;
    long fence;
    boolean done;
    String note = "";
    boolean handedBack;
    Worker holder;
  }

  private final String name;
  private final Map<String, Known> messages = new HashMap<>();
  private boolean reset;

  GroupModel(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /**
   * A delivery: one more than before, under a higher token, with the newest note, never of one that
   * is done.
   */
  void delivered(Received received, Worker to) {
    String id = received.entry().id().orElseThrow();
    Known known = messages.computeIfAbsent(id, unknown -> new Known());
    long fence = received.fence().orElseThrow();
    check(fence > known.fence, id, "fence " + fence + " after " + known.fence);
    check(!known.done || reset, id, "delivered although it was settled");
    if (known.done) {
      // Read once more after a reset: a new life with an old history.
      known.done = false;
      known.deliveries = 0;
      known.holder = null;
      known.note = "";
    }
    int count = received.delivery().orElseThrow();
    check(count == known.deliveries + 1, id, "delivery " + count + " after " + known.deliveries);
    String note = received.past().note().orElse("");
    check(note.equals(known.note), id, "note '" + note + "' instead of '" + known.note + "'");
    boolean recovered = received.past().recovered();
    check(!(known.handedBack && recovered), id, "called recovered, and it was handed back");
    boolean died = known.holder != null && known.holder.dead() && !known.handedBack;
    check(!died || recovered, id, "not called recovered, and its reader died with it");
    known.deliveries = count;
    known.handedBack = false;
    known.holder = to;
    known.fence = fence;
  }

  /** Whether this delivery is the newest one: only that may be settled. */
  boolean isNewest(Received received) {
    return messages.get(idOf(received)).fence == received.fence().orElseThrow();
  }

  /** The answer to a settlement; {@code ends}: it was to be the end of the message. */
  void settled(Received received, Settled answer, boolean ends, String note) {
    String id = idOf(received);
    Known known = messages.get(id);
    if (answer != Settled.DONE) {
      check(answer == Settled.STALE, id, "answered " + answer);
      return;
    }
    check(isNewest(received), id, "an older attempt was settled");
    check(!known.done, id, "settled twice");
    if (ends) {
      known.done = true;
    } else {
      known.handedBack = true;
    }
    if (note != null) {
      known.note = note;
    }
  }

  void noted(Received received, String note) {
    check(isNewest(received), idOf(received), "an older attempt left a note");
    messages.get(idOf(received)).note = note;
  }

  void reset() {
    reset = true;
  }

  long done() {
    return messages.values().stream().filter(known -> known.done).count();
  }

  void assertAllDone(int sent, Supplier<StreamState> state) {
    if (done() != sent) {
      throw new AssertionError(
          name + ": " + done() + " of " + sent + " came to their end; " + state.get());
    }
  }

  private static String idOf(Received received) {
    return received.entry().id().orElseThrow();
  }

  private void check(boolean holds, String id, String what) {
    if (!holds) {
      throw new AssertionError(name + ", " + id + ": " + what);
    }
  }
}
