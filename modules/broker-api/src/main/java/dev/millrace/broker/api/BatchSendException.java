package dev.millrace.broker.api;

import java.util.List;
import java.util.Optional;

/** Some messages of a batch were not accepted. The others were, and stay so. */
public final class BatchSendException extends BrokerException {
  private static final long serialVersionUID = 1L;

  private final transient List<Item> items;

  /** From all items of the batch, in order; the first failure becomes the cause. */
  public BatchSendException(String stream, List<Item> items) {
    super(
        "send batch",
        stream,
        items.stream().filter(i -> i.error().isPresent()).count()
            + " of "
            + items.size()
            + " messages were not accepted, first: "
            + items.stream()
                .flatMap(i -> i.error().stream())
                .findFirst()
                .map(Throwable::getMessage)
                .orElse("unknown"),
        "items() tells them apart; send those again that failed",
        items.stream().flatMap(i -> i.error().stream()).findFirst().orElse(null));
    this.items = List.copyOf(items);
  }

  /** One item for each message of the batch, in the order given. Empty after deserialization. */
  public List<Item> items() {
    return items == null ? List.of() : items;
  }

  /**
   * What became of one message.
   *
   * @param result where it is, if it was accepted
   * @param error why it was not, otherwise
   */
  public record Item(Optional<SendResult> result, Optional<BrokerException> error) {}
}
