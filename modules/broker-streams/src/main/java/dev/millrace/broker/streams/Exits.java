package dev.millrace.broker.streams;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Handlers that end their process by {@link System#exit}. They stand in it until the process is
 * gone, so the drain does not wait for them; and their messages are charged with it, for otherwise
 * each process that is started in its place would be ended by the same message. Used by one thread.
 */
final class Exits {
  private final Collection<Attempt> held;
  private final Slots slots;
  private final Work work;
  private final Set<Thread> known = new HashSet<>();

  Exits(Collection<Attempt> held, Slots slots, Work work) {
    this.held = held;
    this.slots = slots;
    this.work = work;
  }

  /** Settles what such handlers have. */
  void settle() {
    var running = new HashMap<Thread, List<Attempt>>();
    for (Attempt attempt : held) {
      Thread thread = attempt.runner();
      if (thread != null) {
        running.computeIfAbsent(thread, each -> new ArrayList<>()).add(attempt);
      }
    }
    running.forEach(
        (thread, attempts) -> {
          if (exits(thread) && known.add(thread)) {
            attempts.forEach(attempt -> work.exits(attempt, attempts.size() == 1));
            slots.abandon();
          }
        });
  }

  private static boolean exits(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getClassName().equals("java.lang.Runtime")
          && frame.getMethodName().equals("exit")) {
        return true;
      }
    }
    return false;
  }
}
