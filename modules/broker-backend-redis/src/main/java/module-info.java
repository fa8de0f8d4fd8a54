/** The Redis and Valkey backend. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.backend.redis {
  requires transitive dev.millrace.broker.api;
  requires lettuce.core;
  requires reactor.core;
  // Lettuce is an automatic module and pulls in none of Netty's, nor the JDK's keep-alive options.
  requires io.netty.buffer;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.resolver.dns;
  requires io.netty.transport;
  requires jdk.net;
  requires static org.jspecify;

  exports dev.millrace.broker.backend.redis;

  provides dev.millrace.broker.api.spi.BackendProvider with
      dev.millrace.broker.backend.redis.RedisBackendProvider;
}
