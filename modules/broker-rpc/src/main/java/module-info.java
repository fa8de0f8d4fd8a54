/** Request and reply. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.rpc {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;
}
