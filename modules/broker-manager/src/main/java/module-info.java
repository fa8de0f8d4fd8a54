/** The StreamManager registry and the Broker facade. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.manager {
  requires transitive dev.millrace.broker.api;
  requires dev.millrace.broker.streams;
  requires dev.millrace.broker.pubsub;
  requires dev.millrace.broker.rpc;
  requires dev.millrace.broker.cleanup;
  requires org.slf4j;
  requires dagger;
  requires jakarta.inject;
  requires com.codahale.metrics;
  requires static org.jspecify;
}
