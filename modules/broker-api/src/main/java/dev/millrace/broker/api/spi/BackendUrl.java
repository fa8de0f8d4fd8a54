package dev.millrace.broker.api.spi;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A backend's URL. {@code toString} hides whatever may be a secret: user information and the values
 * of the query.
 */
public final class BackendUrl {
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*");

  private final String scheme;
  private final String text;

  private BackendUrl(String scheme, String text) {
    this.scheme = scheme;
    this.text = text;
  }

  /**
   * From its text; only the scheme is looked at here, the rest is the provider's.
   *
   * @throws InvalidConfigException if it has no scheme
   */
  public static BackendUrl of(String text) {
    int colon = text.indexOf(':');
    if (colon < 1 || !SCHEME.matcher(text.substring(0, colon)).matches()) {
      throw new InvalidConfigException(
          "connect",
          "backend URL",
          List.of(
              "'"
                  + redacted(text)
                  + "' has no scheme; a backend URL looks like memory: or redis://localhost:6379"));
    }
    return new BackendUrl(text.substring(0, colon).toLowerCase(Locale.ROOT), text);
  }

  /** The scheme in lower case. */
  public String scheme() {
    return scheme;
  }

  /** The whole text, secrets included: never to be logged. */
  public String reveal() {
    return text;
  }

  /** The URL with user information and query values hidden. */
  @Override
  public String toString() {
    return redacted(text);
  }

  private static String redacted(String text) {
    String safe = text;
    int start = safe.indexOf("://");
    start = start < 0 ? 0 : start + 3;
    int at = safe.lastIndexOf('@');
    if (at >= start) {
      safe = safe.substring(0, start) + "***@" + safe.substring(at + 1);
    }
    return Names.printable(safe.replaceAll("([?&][^=&]*)=[^&#]*", "$1=***"));
  }
}
