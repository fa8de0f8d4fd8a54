package dev.millrace.broker.api.spi;

import java.util.Set;

/** Opens backends of certain URL schemes; found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {
  /** The schemes it answers to, in lower case: {@code redis}, {@code rediss}. */
  Set<String> schemes();

  /** The grammar of its URLs, for error messages, a line each. */
  String grammar();

  /**
   * Opens the backend and proves that it answers. Blocks, for at most the connect time-out.
   *
   * @throws dev.millrace.broker.api.InvalidConfigException if the URL is wrong: the reason and the
   *     grammar
   * @throws dev.millrace.broker.api.BackendUnavailableException if nothing answers
   */
  Backend open(BackendUrl url, BackendContext context);
}
