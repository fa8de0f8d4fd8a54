package dev.millrace.app.work;

/**
 * What to do with messages of a type.
 *
 * @param type a logical type, or {@value #ANY}
 * @param command what the shell runs; {@value #LOG} prints the message instead
 */
public record Route(String type, String command) {
  /** Stands for every type without a route of its own, and for messages without a type. */
  public static final String ANY = "*";

  private static final String LOG = "log";

  /**
   * Reads {@code TYPE=COMMAND}.
   *
   * @throws IllegalArgumentException with what is wrong and how to write it
   */
  public static Route parse(String text) {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw new IllegalArgumentException(
          "'" + text + "' has no '='; write TYPE=COMMAND, such as resize='convert - out.png'");
    }
    String type = text.substring(0, equals).strip();
    String command = text.substring(equals + 1).strip();
    if (type.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + text + "' has no type before '='; write TYPE=COMMAND, or *=COMMAND for any type");
    }
    if (command.isEmpty()) {
      throw new IllegalArgumentException(
          "'" + text + "' has no command after '='; write TYPE=COMMAND, or TYPE=log to print");
    }
    return new Route(type, command);
  }

  /** Whether it takes what no other route takes. */
  public boolean any() {
    return type.equals(ANY);
  }

  /** Whether messages are printed instead of given to a command. */
  public boolean log() {
    return command.equals(LOG);
  }
}
