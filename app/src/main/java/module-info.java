/** The millrace program. */
@org.jspecify.annotations.NullMarked
module dev.millrace.app {
  requires transitive dev.millrace.broker.api;
  requires info.picocli;
  requires tools.jackson.databind;
  requires org.slf4j;
  requires static org.jspecify;

  uses dev.millrace.broker.api.PayloadCodec;
}
