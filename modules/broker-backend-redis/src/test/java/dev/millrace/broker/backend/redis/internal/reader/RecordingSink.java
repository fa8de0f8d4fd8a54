package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what it is told. */
final class RecordingSink implements Sink {
  final List<Received> received = new CopyOnWriteArrayList<>();
  final List<Position> recreated = new CopyOnWriteArrayList<>();
  final List<Throwable> failures = new CopyOnWriteArrayList<>();
  final AtomicInteger recoveries = new AtomicInteger();

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

  @Override
  public void recovered() {
    recoveries.incrementAndGet();
  }

  int size() {
    return received.size();
  }

  List<String> positions() {
    return received.stream().map(one -> one.position().value()).toList();
  }
}
