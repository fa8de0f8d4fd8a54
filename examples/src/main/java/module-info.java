/** Example programs. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.examples {
  requires dev.millrace.broker.api;
  requires static org.jspecify;

  // So that Jackson reads and writes the records of this package.
  opens dev.millrace.broker.examples to
      tools.jackson.databind;
}
