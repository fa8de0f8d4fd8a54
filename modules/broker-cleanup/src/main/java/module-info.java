/** Retention: what may go from a stream, and the schedulers that trim it. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.cleanup {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.millrace.broker.cleanup;
}
