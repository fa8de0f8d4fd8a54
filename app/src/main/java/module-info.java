/** The millrace program. */
@org.jspecify.annotations.NullMarked
module dev.millrace.app {
  requires dev.millrace.broker.api;
  requires info.picocli;
  requires org.slf4j;
  requires tools.jackson.databind;
  requires static org.jspecify;

  opens dev.millrace.app to
      info.picocli;
  opens dev.millrace.app.demo to
      info.picocli,
      tools.jackson.databind;
}
