package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Opens {@code memory:} and {@code memory:NAME}, and both with {@code ?maxMemory=64mb}.
 * Thread-safe.
 */
public final class MemoryBackendProvider implements BackendProvider {
  private static final String SCHEME = "memory";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final String MAX_MEMORY = "maxMemory=";
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,8})(kb|mb|gb)");

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
        NAME is 1 to 64 characters of A-Z a-z 0-9 . _ -
        Behind it may stand ?maxMemory=64mb (kb, mb, gb): appends beyond it are refused""";
  }

  /**
   * Opens a store in memory; never blocks. A named store keeps the clock and the limit of who
   * opened it first.
   *
   * @throws InvalidConfigException if the URL is none of {@link #grammar}
   */
  @Override
  public Backend open(BackendUrl url, BackendContext context) {
    String text = url.reveal();
    int query = text.indexOf('?');
    String name = text.substring(text.indexOf(':') + 1, query < 0 ? text.length() : query);
    if (!url.scheme().equals(SCHEME)) {
      throw refused(url, "the scheme is '" + url.scheme() + "' and not '" + SCHEME + "'");
    }
    if (name.startsWith("//")) {
      throw refused(url, "memory has no host; leave the slashes out");
    }
    OptionalLong maxMemory =
        query < 0
            ? OptionalLong.empty()
            : OptionalLong.of(maxMemory(url, text.substring(query + 1)));
    if (name.isEmpty()) {
      return MemoryBackend.open(context, maxMemory);
    }
    if (!NAME.matcher(name).matches()) {
      throw refused(url, "'" + nameOf(url) + "' is no name of a store");
    }
    return MemoryBackend.open(name, context, maxMemory);
  }

  private long maxMemory(BackendUrl url, String query) {
    Matcher size =
        SIZE.matcher(query.startsWith(MAX_MEMORY) ? query.substring(MAX_MEMORY.length()) : "");
    if (!size.matches()) {
      throw refused(url, "the only option is maxMemory, with a size such as 64mb");
    }
    int shift =
        switch (size.group(2)) {
          case "kb" -> 10;
          case "mb" -> 20;
          default -> 30;
        };
    return Long.parseLong(size.group(1)) << shift;
  }

  // From the redacted URL: who mistakes this for a server's may have put a password into it.
  private static String nameOf(BackendUrl url) {
    String safe = url.toString();
    int query = safe.indexOf('?');
    return Names.printable(
        safe.substring(safe.indexOf(':') + 1, query < 0 ? safe.length() : query));
  }

  private InvalidConfigException refused(BackendUrl url, String reason) {
    return new InvalidConfigException(
        "connect",
        url.toString(),
        List.of(reason + "; a URL of it is one of\n" + grammar() + "\n"));
  }
}
