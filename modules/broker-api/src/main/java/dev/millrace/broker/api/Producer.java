package dev.millrace.broker.api;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Sends to one stream. Thread-safe. The blocking forms belong on virtual threads. What is not
 * accepted throws; a returned result means that the backend has the message, as durably as {@link
 * SendPolicy#durability()} asks for.
 *
 * <p>Where the backend can store an id once, a message whose answer got lost is sent again until
 * {@link SendPolicy#deadline()}, and is in the stream once however often; messages behind it wait,
 * so that their order stays. {@link SendPolicy#plain()} turns that off.
 */
public interface Producer extends Component {
  /**
   * Sends fields and waits for the backend's answer.
   *
   * @throws InvalidConfigException if a field name begins with an underscore (those are Millrace's
   *     own) or there is no field
   * @throws MessageTooLargeException if the message is over the limit
   * @throws InvalidStateException if the producer is not running
   * @throws BackendUnavailableException if the message was not sent
   * @throws AmbiguousSendException if no answer came, up to the deadline of an idempotent producer
   * @throws UnconfirmedSendException if it is stored and less durably than asked for
   * @throws BackendException if the backend refused it
   */
  default SendResult send(Fields fields) {
    return send(fields, SendOptions.none());
  }

  /** As {@link #send(Fields)}, with options. */
  SendResult send(Fields fields, SendOptions options);

  /**
   * Sends a value under a logical type, encoded by the codec, and waits for the backend's answer.
   * Errors as {@link #send(Fields)}.
   *
   * @throws CodecException if the value cannot be encoded
   */
  default SendResult sendPayload(String type, Object payload) {
    return sendPayload(type, payload, SendOptions.none());
  }

  /** As {@link #sendPayload(String, Object)}, with options. */
  SendResult sendPayload(String type, Object payload, SendOptions options);

  /**
   * Sends fields without waiting for the answer. Bad input throws at once; every other error of
   * {@link #send(Fields)} ends the future. Messages of one thread stay in order. Blocks only while
   * too many sends are under way.
   *
   * <p>The future ends on a virtual thread of the producer's. What depends on it may block there,
   * and may send; results that came together may end one after the other, and after such a one
   * about a tenth of a second later.
   */
  default CompletableFuture<SendResult> sendAsync(Fields fields) {
    return sendAsync(fields, SendOptions.none());
  }

  /** As {@link #sendAsync(Fields)}, with options. */
  CompletableFuture<SendResult> sendAsync(Fields fields, SendOptions options);

  /** As {@link #sendPayload(String, Object, SendOptions)}, without waiting for the answer. */
  CompletableFuture<SendResult> sendPayloadAsync(String type, Object payload, SendOptions options);

  /**
   * Sends many, in order, in as few round trips as possible, and waits for all answers. All are
   * checked before the first is sent.
   *
   * @return a result for each, in order
   * @throws BatchSendException if some were not accepted; it says which
   */
  List<SendResult> sendAll(List<Fields> messages);

  /** As {@link #sendAll}, for values of one type. */
  List<SendResult> sendAllPayloads(String type, List<?> payloads);
}
