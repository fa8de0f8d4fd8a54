/** Benchmarks beside a hand-written Lettuce loop. Nobody requires it. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.bench {
  requires dev.millrace.broker.api;
  requires dev.millrace.broker.streams;
  requires lettuce.core;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires java.management;
  requires jdk.management;
  requires static org.jspecify;

  uses dev.millrace.broker.api.spi.BackendProvider;
}
