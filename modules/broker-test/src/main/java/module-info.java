/** What applications test with: a broker in memory under a virtual clock, and a JUnit extension. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.test {
  requires transitive dev.millrace.broker.api;
  requires transitive dev.millrace.broker.backend.memory;
  requires dev.millrace.broker.manager;
  requires dev.millrace.broker.codec.jackson;
  requires transitive org.junit.jupiter.api;
  requires static org.jspecify;

  exports dev.millrace.broker.test;
}
