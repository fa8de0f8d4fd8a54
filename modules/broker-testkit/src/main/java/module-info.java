/**
 * The contract suite that every backend passes, servers for tests, and what fault tests are made
 * of.
 */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.testkit {
  requires transitive dev.millrace.broker.api;
  requires transitive org.junit.jupiter.api;
  requires org.junit.jupiter.params;
  requires awaitility;
  requires static org.jspecify;

  exports dev.millrace.broker.testkit.redis;
}
