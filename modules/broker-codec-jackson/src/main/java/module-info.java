/** The JSON codec, on Jackson. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.codec.jackson {
  requires transitive dev.millrace.broker.api;
  requires tools.jackson.databind;
  requires static org.jspecify;

  exports dev.millrace.broker.codec.jackson;

  provides dev.millrace.broker.api.PayloadCodec with
      dev.millrace.broker.codec.jackson.JacksonCodec;
}
