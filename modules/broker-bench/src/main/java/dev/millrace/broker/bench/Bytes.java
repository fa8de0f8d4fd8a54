package dev.millrace.broker.bench;

import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.TypeRef;

/** Passes bytes on: no codec is compared. */
final class Bytes implements PayloadCodec {
  @Override
  public String contentType() {
    return "application/octet-stream";
  }

  @Override
  public byte[] encode(Object value) {
    return (byte[]) value;
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T> T decode(byte[] bytes, TypeRef<T> type) {
    return (T) bytes;
  }
}
