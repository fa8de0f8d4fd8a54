/** Example programs. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.examples {
  requires com.h2database;
  requires dev.millrace.broker.api;
  requires dev.millrace.broker.guard.jdbc;
  requires java.naming; // H2's data sources
  requires static org.jspecify;

  // So that Jackson reads and writes the records of this package.
  opens dev.millrace.broker.examples to
      tools.jackson.databind;
}
