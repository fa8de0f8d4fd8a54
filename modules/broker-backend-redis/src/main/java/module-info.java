/** The Redis and Valkey backend. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.backend.redis {
  requires transitive dev.millrace.broker.api;
  requires lettuce.core;
  requires reactor.core;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver.dns;
  requires io.netty.transport;
  requires jdk.net;
  requires static org.jspecify;
}
