package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Entry;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Requests;
import dev.millrace.broker.api.spi.Settlement;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Requests of a store: each step under the lock of their stream. */
record MemoryRequests(MemoryBackend backend, Store store) implements Requests {
  @Override
  public CompletionStage<Submitted> submit(GroupRef servers, Entry request, Terms terms) {
    return backend.answer(
        "submit request",
        servers.stream(),
        () -> store.with(servers.stream(), stream -> submit(stream, servers, request, terms)));
  }

  private Submitted submit(MemoryStream stream, GroupRef servers, Entry request, Terms terms) {
    String id = request.id().orElseThrow();
    Duration remembered = terms.timeout().plus(terms.kept());
    Calls.Call known = store.calls().find(stream.name, id);
    if (known != null && known.reply() != null) {
      return new Submitted.Answered(known.reply());
    }
    if (known != null) {
      store.calls().put(stream.name, id, known.with(terms.inbox()), remembered);
      return new Submitted.Queued(true);
    }
    long now = store.nowMillis();
    dropForgotten(stream, servers, now);
    var headers =
        Map.of(
            DEADLINE, Long.toString(now + terms.timeout().toMillis()),
            INBOX, terms.inbox(),
            KEPT, Long.toString(terms.kept().toMillis()));
    Stored stored = stream.add(request.withHeaders(headers), now);
    store
        .calls()
        .put(
            stream.name,
            id,
            new Calls.Call(stored.position, Set.of(terms.inbox()), null),
            remembered);
    stream.wakeAll();
    return new Submitted.Queued(false);
  }

  /** The oldest ones that nobody was given and that nobody can ask for any more. */
  private static void dropForgotten(MemoryStream stream, GroupRef servers, long now) {
    MemoryGroup group = stream.group(servers.group());
    while (!stream.log.isEmpty()) {
      Stored oldest = stream.log.get(stream.log.head());
      if (!undelivered(group, oldest) || rememberedUntil(oldest.entry) > now) {
        return;
      }
      stream.take(oldest);
    }
  }

  private static boolean undelivered(@Nullable MemoryGroup group, Stored stored) {
    return group == null || stored.ordinal >= group.next();
  }

  /** What is no request of ours is left alone. */
  private static long rememberedUntil(Entry request) {
    String deadline = request.headers().get(DEADLINE);
    String kept = request.headers().get(KEPT);
    return deadline == null || kept == null
        ? Long.MAX_VALUE
        : Long.parseLong(deadline) + Long.parseLong(kept);
  }

  @Override
  public CompletionStage<Withdrawn> withdraw(GroupRef servers, String id, String inbox) {
    return backend.answer(
        "withdraw request",
        servers.stream(),
        () -> store.with(servers.stream(), stream -> withdraw(stream, servers, id, inbox)));
  }

  private Withdrawn withdraw(MemoryStream stream, GroupRef servers, String id, String inbox) {
    Calls.Call known = store.calls().find(stream.name, id);
    if (known == null) {
      return new Withdrawn.Started();
    }
    if (known.reply() != null) {
      return new Withdrawn.Answered(known.reply());
    }
    Calls.Call others = known.without(inbox);
    Stored stored = stream.find(known.at());
    if (!others.inboxes().isEmpty()) {
      store.calls().put(stream.name, id, others, Duration.ZERO);
      return new Withdrawn.Joined();
    }
    if (stored == null || !undelivered(stream.group(servers.group()), stored)) {
      return new Withdrawn.Started();
    }
    stream.take(stored);
    store.calls().forget(stream.name, id);
    return new Withdrawn.NotStarted();
  }

  @Override
  public CompletionStage<Map<String, Entry>> results(GroupRef servers, Collection<String> ids) {
    return backend.answer(
        "fetch results",
        servers.stream(),
        () -> {
          var found = new LinkedHashMap<String, Entry>();
          for (String id : ids) {
            Calls.Call call = store.calls().find(servers.stream(), id);
            if (call != null && call.reply() != null) {
              found.put(id, call.reply());
            }
          }
          return found;
        });
  }

  /** Nothing here expires while somebody reads it; when all have gone, what is empty goes. */
  @Override
  public CompletionStage<Void> attend(GroupRef servers, Duration kept) {
    return backend.perform(
        "attend requests",
        servers.stream(),
        () -> {
          if (kept.isZero()) {
            store.deleteIf(servers.stream(), MemoryRequests::deserted);
          }
        });
  }

  private static boolean deserted(MemoryStream stream) {
    return stream.log.isEmpty()
        && stream.groups().stream().allMatch(group -> group.members.isEmpty());
  }

  /** Under the stream's lock: a request has a reply. */
  static void answer(MemoryGroup group, Stored request, Settlement.Answer answer) {
    Store store = group.stream.store;
    String stream = group.stream.name;
    String id = answer.reply().id().orElseThrow();
    group.stream.take(request);
    Calls.Call known = store.calls().find(stream, id);
    if (known != null && !known.at().equals(request.position)) {
      return; // the id was forgotten meanwhile, and stands for another request now
    }
    store
        .calls()
        .answered(
            stream, id, new Calls.Call(request.position, Set.of(), answer.reply()), answer.kept());
    if (known != null) {
      known.inboxes().forEach(inbox -> send(store, inbox, answer.reply()));
    }
  }

  private static void send(Store store, String inbox, Entry reply) {
    Mailbox mailbox = store.inbox(inbox);
    if (mailbox != null) {
      mailbox.put(inbox, reply);
    }
  }
}
