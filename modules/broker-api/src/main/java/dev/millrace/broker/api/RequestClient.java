package dev.millrace.broker.api;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends requests to the servers of one stream. Many may be under way; their answers come back over
 * one inbox. Thread-safe.
 *
 * <p>Each request is started at most once per id: by one server, and never again when that one dies
 * over it. An id of the caller's ({@link SendOptions#id}) is remembered until the deadline of its
 * request and for {@link BrokerConfig#resultsKept()} after its answer: a call with it meanwhile
 * gets the same answer, and its payload is not looked at. All that holds as long as the backend
 * keeps what it has taken: where a failover or a crash loses its latest writes, a request that had
 * been started may be started again. On Redis with replicas, {@code min-replicas-to-write 1} bounds
 * that to what had not reached a replica when its master died.
 *
 * <p>Timeouts go from 1 ms to 1 day. Only this process's monotonic clock ends a call; then the
 * backend decides whether a server has begun it. A handler whose caller's time is over goes on, so
 * that its answer can be asked for by the id; one whose caller cancels is interrupted.
 */
public interface RequestClient extends Component {
  /**
   * Asks and waits for the answer. Where the thread is interrupted the request is cancelled, and
   * the flag stays set.
   *
   * @throws InvalidConfigException if the timeout or the type is wrong
   * @throws CodecException if the payload cannot be written, or the answer does not fit
   * @throws InvalidStateException if the client is not running
   */
  <A> Reply<A> call(
      String type, Object payload, TypeRef<A> answer, Duration timeout, SendOptions options);

  /**
   * As {@link #call}, without waiting. Cancelling the future cancels the request: one that no
   * server has begun never is, and a running handler is interrupted. What depends on the future may
   * block.
   */
  <A> CompletableFuture<Reply<A>> callAsync(
      String type, Object payload, TypeRef<A> answer, Duration timeout, SendOptions options);

  /**
   * Asks for an answer in parts ({@link StreamingRequestHandler}). Does not block.
   *
   * @param timeout until the last part
   */
  <P> ReplyStream<P> stream(
      String type, Object payload, TypeRef<P> part, Duration timeout, SendOptions options);

  /**
   * Asks all servers that run now and have a handler for the type, and waits until so many have
   * answered or the time is over. Answers are neither stored nor repeated, and a server that is not
   * connected at this moment is not asked.
   *
   * @param count 1 or more
   * @return what has come, in the order of coming; perhaps nothing
   */
  <A> List<Reply<A>> askAll(
      String type,
      Object payload,
      TypeRef<A> answer,
      int count,
      Duration timeout,
      SendOptions options);
}
