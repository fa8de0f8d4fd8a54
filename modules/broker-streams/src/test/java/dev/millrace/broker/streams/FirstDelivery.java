package dev.millrace.broker.streams;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Waits for one entry. */
final class FirstDelivery implements Sink {
  final CompletableFuture<Received> first = new CompletableFuture<>();

  @Override
  public void deliver(List<Received> batch) {
    first.complete(batch.getFirst());
  }

  @Override
  public void recreated(Position from) {}

  @Override
  public void failed(Throwable error) {
    first.completeExceptionally(error);
  }
}
