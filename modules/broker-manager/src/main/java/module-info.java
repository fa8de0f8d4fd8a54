/**
 * The StreamManager registry and the Broker facade, found by the api as its {@code BrokerRuntime}.
 * Applications with a Dagger component of their own install {@code
 * dev.millrace.broker.manager.dagger.MillraceModule}.
 */
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
  requires javax.inject;
  requires com.codahale.metrics;
  requires com.codahale.metrics.jmx;
  requires java.management;
  requires static org.jspecify;

  exports dev.millrace.broker.manager.dagger;
  exports dev.millrace.broker.manager.metrics;

  uses dev.millrace.broker.api.spi.BackendProvider;
  uses dev.millrace.broker.api.PayloadCodec;
  uses dev.millrace.broker.api.spi.TaskScheduling.Provider;

  provides dev.millrace.broker.api.spi.BrokerRuntime with
      dev.millrace.broker.manager.DefaultBrokerRuntime;
}
