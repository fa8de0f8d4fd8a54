package dev.millrace.broker.manager;

import dev.millrace.broker.api.AuditSum;
import dev.millrace.broker.api.StreamAudit;
import dev.millrace.broker.api.spi.Audit;
import dev.millrace.broker.api.spi.Stages;
import dev.millrace.broker.streams.StreamsContext;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Waits for the backend's sums. */
record ManagedAudit(StreamsContext context, String stream) implements StreamAudit {
  static List<String> streams(StreamsContext context) {
    Audit facet = context.backend().facet(Audit.class).orElseThrow();
    return Stages.await(facet.streams(), context.patience(), "list audits", "all streams");
  }

  private Audit facet() {
    return context.backend().facet(Audit.class).orElseThrow();
  }

  private <T> T await(CompletionStage<T> stage) {
    return Stages.await(stage, context.patience(), "audit", stream);
  }

  @Override
  public List<AuditSum> begin() {
    return await(facet().begin(stream));
  }

  @Override
  public List<AuditSum> take() {
    return await(facet().take(stream));
  }

  @Override
  public void end() {
    await(facet().end(stream));
  }
}
