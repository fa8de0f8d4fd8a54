package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Opens {@code memory:} and {@code memory:NAME}. Thread-safe. */
public final class MemoryBackendProvider implements BackendProvider {
  private static final String SCHEME = "memory";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  /** For {@link java.util.ServiceLoader}. */
  public MemoryBackendProvider() {}

  @Override
  public Set<String> schemes() {
    return Set.of(SCHEME);
  }

  @Override
  public String grammar() {
    return """
        memory:       a store of its own, which vanishes when it is closed
        memory:NAME   a store shared by all that open NAME in this JVM, until the last is closed; \
        NAME is 1 to 64 characters of A-Z a-z 0-9 . _ -""";
  }

  /**
   * Opens a store in memory; never blocks. A named store keeps the clock of who opened it first.
   *
   * @throws InvalidConfigException if the URL is none of {@link #grammar}
   */
  @Override
  public Backend open(BackendUrl url, BackendContext context) {
    String text = url.reveal();
    String name = text.substring(text.indexOf(':') + 1);
    if (!url.scheme().equals(SCHEME)) {
      throw refused(url, "the scheme is '" + url.scheme() + "' and not '" + SCHEME + "'");
    }
    if (name.isEmpty()) {
      return MemoryBackend.open(context);
    }
    if (name.startsWith("//")) {
      throw refused(url, "memory has no host; leave the slashes out");
    }
    if (!NAME.matcher(name).matches()) {
      throw refused(url, "'" + nameOf(url) + "' is no name of a store");
    }
    return MemoryBackend.open(name, context);
  }

  // From the redacted URL: who mistakes this for a server's may have put a password into it.
  private static String nameOf(BackendUrl url) {
    String safe = url.toString();
    return Names.printable(safe.substring(safe.indexOf(':') + 1));
  }

  private InvalidConfigException refused(BackendUrl url, String reason) {
    return new InvalidConfigException(
        "connect",
        url.toString(),
        List.of(reason + "; a URL of it is one of\n" + grammar() + "\n"));
  }
}
