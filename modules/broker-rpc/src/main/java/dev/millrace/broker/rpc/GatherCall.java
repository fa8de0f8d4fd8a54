package dev.millrace.broker.rpc;

import dev.millrace.broker.api.Reply;
import dev.millrace.broker.api.spi.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A call that all servers answer. */
final class GatherCall extends Call {
  private final int wanted;

  /** Guards the replies. */
  private final ReentrantLock gathering = new ReentrantLock();

  private final List<Reply<Entry>> replies = new ArrayList<>();

  GatherCall(String id, Entry request, long begun, long endsAt, int wanted) {
    super(id, request, begun, endsAt);
    this.wanted = wanted;
  }

  @Override
  @Nullable Reply<Entry> replied(Entry reply) {
    gathering.lock();
    try {
      if (replies.size() < wanted) {
        replies.add(Replies.read(reply));
      }
      return replies.size() < wanted ? null : new Reply.Ok<>(reply);
    } finally {
      gathering.unlock();
    }
  }

  List<Reply<Entry>> replies() {
    gathering.lock();
    try {
      return List.copyOf(replies);
    } finally {
      gathering.unlock();
    }
  }
}
