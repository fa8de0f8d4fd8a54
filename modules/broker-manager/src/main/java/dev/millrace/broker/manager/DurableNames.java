package dev.millrace.broker.manager;

import dev.millrace.broker.api.DurableName;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.Housekeeping;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming;
import dev.millrace.broker.streams.StreamsContext;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/** The names for which events are kept on a backend. Blocks. */
record DurableNames(StreamsContext context, Requirements requirements) {
  private static final String LIST = "list durable names";

  /** To look through all keys takes as long as there are many. */
  private static final Duration LOOKING = Duration.ofHours(1);

  List<DurableName> all() {
    requirements.checkDurableNames(LIST);
    Housekeeping housekeeping = context.backend().facet(Housekeeping.class).orElseThrow();
    return Stages.await(housekeeping.keptChannels(), LOOKING, LIST, "all channels").stream()
        .flatMap(this::of)
        .toList();
  }

  private Stream<DurableName> of(String channel) {
    String stream = Names.events(channel);
    Trimming trimming = context.backend().facet(Trimming.class).orElseThrow();
    Trimming.Facts facts =
        Stages.await(trimming.inspect(stream, Set.of()), context.patience(), LIST, channel);
    StreamState state =
        Stages.await(context.backend().log().describe(stream), context.patience(), LIST, channel);
    return facts.needs().stream()
        .map(
            need ->
                new DurableName(
                    facts.now(),
                    channel,
                    need.group(),
                    need.served(),
                    need.lastServed(),
                    need.first().map(Trimming.Mark::at),
                    waiting(state, need.group())))
        .sorted(Comparator.comparing(DurableName::name));
  }

  /** What waits to be tried again is not handled either, although trimming need not keep it. */
  private static OptionalLong waiting(StreamState state, String name) {
    Optional<StreamState.Group> group =
        state.groups().stream().filter(each -> each.name().equals(name)).findFirst();
    if (group.isEmpty() || group.get().lag().isEmpty()) {
      return OptionalLong.empty();
    }
    StreamState.Group found = group.get();
    return OptionalLong.of(found.lag().getAsLong() + found.pending() + found.parked());
  }

  boolean forget(String channel, String name) {
    String operation = "forget a durable name";
    Names.check("channel", channel);
    Names.check("durable name", name);
    requirements.checkKeptEvents(operation, channel);
    return Stages.await(
        context.backend().log().removeGroup(new GroupRef(Names.events(channel), name), true),
        context.patience(),
        operation,
        channel);
  }
}
