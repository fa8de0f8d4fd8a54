/** The JSON codec. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.codec.jackson {
  requires transitive dev.millrace.broker.api;
  requires tools.jackson.databind;
  requires static org.jspecify;
}
