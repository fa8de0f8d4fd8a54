package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.protocol.ProtocolKeyword;
import java.nio.charset.StandardCharsets;

/**
 * Scripts that append. To Redis they are what their names say; to us they are told apart, for no
 * timer runs for them: one for each costs a lone send more than all the rest.
 */
@SuppressWarnings("deprecation") // an enum has the name() that Lettuce would like to be rid of
public enum AppendCommand implements ProtocolKeyword {
  /** By its SHA-1. */
  EVALSHA,
  /** By its text. */
  EVAL;

  @Override
  public byte[] getBytes() {
    return name().getBytes(StandardCharsets.US_ASCII);
  }
}
