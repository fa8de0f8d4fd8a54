/** Request and reply: clients that ask the servers of a stream, and servers that answer. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.rpc {
  requires transitive dev.millrace.broker.api;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.millrace.broker.rpc;
}
