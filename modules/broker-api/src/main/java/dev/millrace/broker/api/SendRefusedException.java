package dev.millrace.broker.api;

/** A {@link SendInterceptor} refused a message. Nothing was sent. */
public final class SendRefusedException extends BrokerException {
  private static final long serialVersionUID = 1L;

  /**
   * From what the interceptor threw, which is the cause.
   *
   * @param destination the stream or channel
   * @param interceptor which one, by its class
   */
  public SendRefusedException(String destination, String interceptor, Throwable cause) {
    super(
        "send",
        destination,
        "the interceptor " + interceptor + " refused the message: " + text(cause),
        "Nothing was sent; send what it accepts, or take it out of the configuration",
        cause);
  }

  private static String text(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getName() : message;
  }
}
