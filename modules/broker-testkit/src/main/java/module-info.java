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

  exports dev.millrace.broker.testkit;
  exports dev.millrace.broker.testkit.contract;
  exports dev.millrace.broker.testkit.fault;
  exports dev.millrace.broker.testkit.redis;

  // The tests of the suite are not public; JUnit calls them.
  opens dev.millrace.broker.testkit.contract;
}
