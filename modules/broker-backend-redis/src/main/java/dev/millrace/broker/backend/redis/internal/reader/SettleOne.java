package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.Settled;
import java.util.function.Consumer;

/** One settlement, and who is to be told of it. */
record SettleOne(Member member, Consumer<Settled> told) implements Answer {
  private static final System.Logger LOG = System.getLogger(SettleOne.class.getName());

  @Override
  public void done(int index, Settled result) {
    try {
      told.accept(result);
    } catch (RuntimeException broken) {
      // The others of its command must be told all the same.
      LOG.log(System.Logger.Level.ERROR, "Whoever settled could not be told", broken);
    }
    member.settleCallEnded();
  }
}
