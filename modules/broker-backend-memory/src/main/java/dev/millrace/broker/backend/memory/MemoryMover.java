package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.spi.Mover;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Moves entries under the locks of both streams. */
record MemoryMover(MemoryBackend backend, Store store) implements Mover {
  @Override
  public CompletionStage<Integer> move(String from, String to, int max) {
    return backend.answer(
        "move",
        from,
        () -> {
          if (from.equals(to)) {
            throw new InvalidConfigException(
                "move", from, List.of("the stream to move to is the stream itself; name another"));
          }
          return store.findBoth(from, to, (source, target) -> move(source, target, max), () -> 0);
        });
  }

  private int move(MemoryStream source, MemoryStream target, int max) {
    long now = store.nowMillis();
    long from = source.log.head();
    long to = source.log.behind(Math.max(0, max));
    int moved = 0;
    for (long i = from; i < to; i++) {
      Stored stored = source.log.get(i);
      if (!stored.removed) {
        target.add(stored.entry, now);
        moved++;
      }
    }
    source.removeBefore(to);
    target.wakeAll();
    return moved;
  }
}
