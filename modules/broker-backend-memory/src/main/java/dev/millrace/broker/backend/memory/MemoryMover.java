package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.StartPosition;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Mover;
import java.util.ArrayList;
import java.util.Collections;
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
          refuseItself(from, to);
          return store.findBoth(
              from,
              to,
              (source, target) -> source.moveOldest(target, max, () -> true, store.nowMillis()),
              () -> 0);
        });
  }

  @Override
  public CompletionStage<List<Boolean>> giveBack(
      String from, GroupRef to, List<GivenBack> entries) {
    return backend.answer(
        "give back",
        from,
        () -> {
          refuseItself(from, to.stream());
          return store.findBoth(
              from,
              to.stream(),
              (source, target) -> giveBack(source, target, to.group(), entries),
              () -> Collections.nCopies(entries.size(), false));
        });
  }

  static void refuseItself(String from, String to) {
    if (from.equals(to)) {
      throw new InvalidConfigException(
          "move", from, List.of("the stream to move to is the stream itself; name another"));
    }
  }

  private List<Boolean> giveBack(
      MemoryStream source, MemoryStream target, String name, List<GivenBack> entries) {
    long now = store.nowMillis();
    MemoryGroup group = target.group(name, StartPosition.beginning());
    var done = new ArrayList<Boolean>(entries.size());
    for (GivenBack each : entries) {
      Stored stored = source.find(each.position());
      if (stored != null) {
        source.remove(stored);
        target.give(group, each.entry(), each.deliveries(), now);
      }
      done.add(stored != null);
    }
    group.members.wake();
    return done;
  }
}
