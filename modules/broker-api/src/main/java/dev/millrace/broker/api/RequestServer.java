package dev.millrace.broker.api;

/**
 * Answers requests of one stream, each on a virtual thread, as many at once as it has slots. All
 * servers of the stream share the work. Thread-safe.
 *
 * <p>A request of a type that has no handler here ends as {@link Reply.NotStarted}: servers of one
 * stream should know the same types.
 */
public interface RequestServer extends Component {
  /**
   * Answers requests of a type.
   *
   * @throws NameTakenException if the type has a handler already
   */
  <Q> void onRequest(String type, TypeRef<Q> query, RequestHandler<? super Q, ?> handler);

  /** As {@link #onRequest(String, TypeRef, RequestHandler)}, with an answer in parts. */
  <Q, P> void onRequest(
      String type, TypeRef<Q> query, StreamingRequestHandler<? super Q, P> handler);
}
