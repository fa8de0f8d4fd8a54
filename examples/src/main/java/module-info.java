/** Example programs. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.examples {
  requires dev.millrace.broker.api;
  requires static org.jspecify;
}
