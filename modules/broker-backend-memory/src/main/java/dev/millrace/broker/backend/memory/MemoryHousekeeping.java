package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Housekeeping;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Finds dead letters and backups of streams that are gone, and events kept for nobody. Everything
 * else that belongs to a stream is inside it here, and goes with it.
 */
record MemoryHousekeeping(MemoryBackend backend, Store store) implements Housekeeping {
  @Override
  public CompletionStage<List<Leftover>> leftovers() {
    return backend.answer(
        "look for leftovers",
        backend.name(),
        () -> store.names().stream().sorted().flatMap(name -> leftover(name).stream()).toList());
  }

  @Override
  public CompletionStage<List<String>> keptChannels() {
    return backend.answer(
        "look for kept events",
        backend.name(),
        () ->
            store.names().stream()
                .filter(name -> store.find(name, MemoryStream::exists, () -> false))
                .flatMap(name -> Names.channelOf(name).stream())
                .sorted()
                .toList());
  }

  /** It has no settings that promise less than it declares. */
  @Override
  public CompletionStage<List<Risk>> risks() {
    return backend.answer("look for risks", backend.name(), List::of);
  }

  private Optional<Leftover> leftover(String name) {
    return Names.channelOf(name)
        .map(channel -> store.find(name, stream -> kept(channel, stream), this::none))
        .orElseGet(() -> beside(name));
  }

  private Optional<Leftover> none() {
    return Optional.empty();
  }

  /** What is published adds to it as long as it is there. */
  private static Optional<Leftover> kept(String channel, MemoryStream stream) {
    return stream.exists() && stream.groups().isEmpty()
        ? Optional.of(
            new Leftover(
                stream.name,
                "kept events",
                "no durable name of channel '" + channel + "' is left",
                stream.log.length(),
                true))
        : Optional.empty();
  }

  private Optional<Leftover> beside(String name) {
    return SideStream.of(name)
        .filter(side -> !store.find(side.origin(), MemoryStream::exists, () -> false))
        .flatMap(side -> store.find(name, stream -> of(side, stream), Optional::empty));
  }

  private static Optional<Leftover> of(SideStream side, MemoryStream stream) {
    return stream.exists()
        ? Optional.of(
            new Leftover(
                stream.name,
                side.what(),
                "the stream '" + side.origin() + "' does not exist",
                stream.log.length(),
                true))
        : Optional.empty();
  }
}
