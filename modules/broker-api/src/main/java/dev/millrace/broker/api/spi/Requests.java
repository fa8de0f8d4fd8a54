package dev.millrace.broker.api.spi;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What of request and reply has to be one step at the backend. Requests are entries of a stream
 * that one group of servers reads; a server answers with {@link Settlement.Answer}, also where it
 * does not start one. Delivery to a reader is the permit to start: one that is delivered again must
 * not be started. Nothing about a request is kept for longer than its timeout and the time for
 * which results are kept.
 */
public interface Requests {
  /** A request's header: when its caller gives up, in milliseconds of the backend's clock. */
  String DEADLINE = "rpc.deadline";

  /** A request's header: where its caller hears ({@link ReplyInbox}). */
  String INBOX = "rpc.inbox";

  /** A request's header: for how many milliseconds its reply is kept. */
  String KEPT = "rpc.kept";

  /**
   * What goes with a request.
   *
   * @param inbox where its reply is to go
   * @param timeout from when it is submitted; by the backend's clock where it has one
   * @param kept for how long its reply is kept
   */
  record Terms(String inbox, Duration timeout, Duration kept) {}

  /** What became of a submission. */
  sealed interface Submitted {
    /**
     * It is under way.
     *
     * @param joined whether it was before, by the same id; its reply goes to this inbox too
     */
    record Queued(boolean joined) implements Submitted {}

    /** Its id has a reply, which is kept. */
    record Answered(Entry reply) implements Submitted {}
  }

  /** What became of a withdrawal. */
  sealed interface Withdrawn {
    /** No reader was given it, and none will be. The id is forgotten. */
    record NotStarted() implements Withdrawn {}

    /** A reader was given it, or nothing is known of it. */
    record Started() implements Withdrawn {}

    /** Another inbox waits for it too: it goes on. */
    record Joined() implements Withdrawn {}

    /** It has a reply. */
    record Answered(Entry reply) implements Withdrawn {}
  }

  /**
   * Puts a request into its stream, unless its id is known: then it is not put there again, however
   * it looks. It is delivered with the headers {@link #DEADLINE}, {@link #INBOX} and {@link #KEPT}.
   *
   * @param request has an id
   */
  CompletionStage<Submitted> submit(GroupRef servers, Entry request, Terms terms);

  /** Takes a request back that is not wanted at this inbox any more. */
  CompletionStage<Withdrawn> withdraw(GroupRef servers, String id, String inbox);

  /** The replies that are kept of these requests, by id. */
  CompletionStage<Map<String, Entry>> results(GroupRef servers, Collection<String> ids);

  /**
   * Says that a server of the group is there, for what the group needs expires: for so long it is
   * kept. Zero: the server has gone, and what the group needs may go where nobody is left in it and
   * no request waits.
   */
  CompletionStage<Void> attend(GroupRef servers, Duration kept);
}
