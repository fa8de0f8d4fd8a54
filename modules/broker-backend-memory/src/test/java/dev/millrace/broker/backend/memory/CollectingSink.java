package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Keeps what it is given. */
class CollectingSink implements Sink {
  final List<Received> received = new CopyOnWriteArrayList<>();
  final List<Position> recreated = new CopyOnWriteArrayList<>();
  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  @Override
  public void deliver(List<Received> batch) {
    received.addAll(batch);
  }

  @Override
  public void recreated(Position from) {
    recreated.add(from);
  }

  @Override
  public void failed(Throwable error) {
    failures.add(error);
  }

  List<String> ids() {
    return received.stream().map(r -> r.entry().id().orElse("")).toList();
  }
}
