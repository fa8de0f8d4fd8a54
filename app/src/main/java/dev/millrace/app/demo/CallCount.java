package dev.millrace.app.demo;

import dev.millrace.broker.api.Reply;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a run by outcome.
 *
 * @param asked all of them
 * @param ok answered with what was asked for
 * @param refused answered with the server's own error
 * @param notStarted none has begun them
 * @param unknown what became of them is not known
 * @param crossed answered with another call's answer
 * @param lost without any outcome
 */
record CallCount(
    long asked, long ok, long refused, long notStarted, long unknown, long crossed, long lost) {
  static CallCount none() {
    return new CallCount(0, 0, 0, 0, 0, 0, 0);
  }

  /**
   * With one more.
   *
   * @param reply null: none came
   */
  CallCount with(@Nullable Reply<DemoCalls.Quote> reply, String order) {
    return switch (reply) {
      case null -> plus(0, 0, 0, 0, 0, 1);
      case Reply.Ok<DemoCalls.Quote>(DemoCalls.Quote quote) ->
          quote.order().equals(order) ? plus(1, 0, 0, 0, 0, 0) : plus(0, 0, 0, 0, 1, 0);
      case Reply.RemoteError<DemoCalls.Quote> error -> plus(0, 1, 0, 0, 0, 0);
      case Reply.NotStarted<DemoCalls.Quote> not -> plus(0, 0, 1, 0, 0, 0);
      case Reply.Unknown<DemoCalls.Quote> unclear -> plus(0, 0, 0, 1, 0, 0);
    };
  }

  private CallCount plus(int good, int error, int not, int unclear, int wrong, int none) {
    return new CallCount(
        asked + 1,
        ok + good,
        refused + error,
        notStarted + not,
        unknown + unclear,
        crossed + wrong,
        lost + none);
  }

  /** Whether each has an outcome, and its own. */
  boolean exact() {
    return crossed == 0 && lost == 0;
  }
}
