/**
 * What an application sees of Millrace: values, handlers, errors, components, and the two doors
 * {@link dev.millrace.broker.api.Broker} and {@link dev.millrace.broker.api.StreamManager}. The
 * package {@code spi} is for those who write a backend or a codec.
 */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.api {
  requires static transitive org.jspecify;

  exports dev.millrace.broker.api;
  exports dev.millrace.broker.api.spi;

  uses dev.millrace.broker.api.spi.BrokerRuntime;
}
