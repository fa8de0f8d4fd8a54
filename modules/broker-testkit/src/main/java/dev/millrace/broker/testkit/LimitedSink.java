package dev.millrace.broker.testkit;

import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Received;
import dev.millrace.broker.api.spi.Sink;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Takes off what a limited backend does not tell. */
record LimitedSink(Sink sink, Refusals refusals) implements Sink {
  @Override
  public void deliver(List<Received> batch) {
    sink.deliver(batch.stream().map(this::limited).toList());
  }

  private Received limited(Received whole) {
    return new Received(
        whole.position(),
        whole.entry(),
        whole.partition(),
        refusals.has(Feature.DELIVERY_COUNT) ? whole.delivery() : OptionalInt.empty(),
        refusals.has(Feature.FENCING) ? whole.fence() : OptionalLong.empty(),
        refusals.has(Feature.NOTES) ? whole.past() : Received.Past.none(),
        whole);
  }

  @Override
  public void revoked(Set<Integer> partitions) {
    sink.revoked(partitions);
  }

  @Override
  public void recreated(Position from) {
    sink.recreated(from);
  }

  @Override
  public void failed(Throwable error) {
    sink.failed(error);
  }

  @Override
  public void recovered() {
    sink.recovered();
  }
}
