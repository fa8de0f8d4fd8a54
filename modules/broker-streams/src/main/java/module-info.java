/** Producers and the consumer engine. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.streams {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.millrace.broker.streams;
}
