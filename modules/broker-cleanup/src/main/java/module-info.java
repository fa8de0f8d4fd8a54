/** Retention. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.cleanup {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;
}
