package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** An open member of a group. Thread-safe; nothing here blocks. */
public interface GroupReader extends AutoCloseable {
  /**
   * Whether the group is there: completes when this reader has made it or found it, so that nothing
   * that is sent from then on is before the position at which the group begins. Fails with what
   * {@link Sink#failed} is told of before that, though the reader keeps trying, and where it leaves
   * first. Always the same outcome.
   */
  CompletionStage<Void> ready();

  /**
   * Allows this many more entries to be delivered.
   *
   * @param credit 1 or more
   */
  void request(int credit);

  /**
   * Settles deliveries; each once, but what was answered with {@link Settled#UNKNOWN} or {@link
   * Settled#REFUSED} may be settled again. Backends gather settlements of many calls into few
   * commands. May be called after {@link #stopReading()}.
   *
   * @return for each what became of it, in order; the stage does not fail for reasons of single
   *     ones
   */
  CompletionStage<List<Settled>> settle(List<Settlement> settlements);

  /**
   * Settles one delivery as {@link #settle(List)} does, and tells what became of it: for those who
   * settle message by message, a backend may do it without the cost of a stage.
   *
   * @param told called once, perhaps before this returns, on a thread that must not be blocked
   */
  default void settle(Settlement settlement, Consumer<Settled> told) {
    settle(List.of(settlement))
        .whenComplete(
            (answers, error) ->
                told.accept(
                    error == null && answers != null ? answers.getFirst() : Settled.UNKNOWN));
  }

  /**
   * Stops reading and forgets all credit. When the stage completes, nothing more is delivered, and
   * whatever the backend had read ahead has been handed back. Idempotent. Deliveries may still be
   * settled and renewed.
   */
  CompletionStage<Void> stopReading();

  /** Resumes after {@link #stopReading()}; credit begins at zero. Idempotent. */
  void resumeReading();

  /**
   * Leaves the group: stops reading, finishes settlements under way, and hands back, for others to
   * take at once, what was delivered and never settled. Idempotent.
   */
  CompletionStage<Void> leave();

  /** {@link #leave()} without waiting. */
  @Override
  void close();
}
