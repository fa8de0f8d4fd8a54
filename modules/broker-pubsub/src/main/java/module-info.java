/** Live events: subscriptions with bounded buffers, and publishing. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.pubsub {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.millrace.broker.pubsub;
}
