package dev.millrace.broker.streams;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.Stages;
import java.util.Set;

/** Whose fault a refused append is. */
final class Trouble {
  /** What somebody has to correct; waiting does not help, and others may do better. */
  private static final Set<String> MISCONFIGURED =
      Set.of("WRONGTYPE", "NOPERM", "NOAUTH", "WRONGPASS", "CROSSSLOT");

  private Trouble() {}

  /** Whether it is about this message or its stream, and not about a backend that takes nothing. */
  static boolean isOfTheMessage(Throwable error) {
    Throwable cause = Stages.unwrap(error);
    if (cause instanceof BackendException refused) {
      return MISCONFIGURED.contains(refused.code());
    }
    return cause instanceof BrokerException && !(cause instanceof BackendUnavailableException);
  }

  /** The error in one line. */
  static String text(Throwable error) {
    Throwable cause = Stages.unwrap(error);
    return cause instanceof BrokerException && cause.getMessage() != null
        ? cause.getMessage()
        : cause.toString();
  }
}
