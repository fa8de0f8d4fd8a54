package dev.millrace.broker.manager;

import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.Consumer;
import dev.millrace.broker.api.DrainReport;
import dev.millrace.broker.api.Gap;
import dev.millrace.broker.api.Subscription;
import java.time.Duration;

/** A subscription whose events are kept: a member of a group that goes by its durable name. */
record DurableSubscription(Consumer member, String channel) implements Subscription {
  @Override
  public String name() {
    return member.name();
  }

  @Override
  public State state() {
    return member.state();
  }

  @Override
  public ComponentInfo info() {
    ComponentInfo info = member.info();
    return new ComponentInfo(
        info.name(),
        "subscription",
        channel,
        info.state(),
        info.since(),
        info.counts(),
        info.lastError(),
        info.health());
  }

  @Override
  public void start() {
    member.start();
  }

  @Override
  public DrainReport stop(Duration deadline) {
    return member.stop(deadline);
  }

  @Override
  public void close() {
    member.close();
  }

  /** Nothing is missed: what was published while nobody listened is there. */
  @Override
  public Subscription onGap(java.util.function.Consumer<? super Gap> listener) {
    return this;
  }
}
