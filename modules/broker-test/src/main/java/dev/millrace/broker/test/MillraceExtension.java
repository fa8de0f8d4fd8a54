package dev.millrace.broker.test;

import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.backend.memory.VirtualClock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** See {@link MillraceTest}; registered by hand it gives a broker with the defaults. */
public final class MillraceExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace BROKERS =
      ExtensionContext.Namespace.create(MillraceExtension.class);
  private static final Map<Class<?>, Function<InMemoryBroker, Object>> PARTS =
      Map.of(
          InMemoryBroker.class, whole -> whole,
          Broker.class, InMemoryBroker::broker,
          StreamManager.class, InMemoryBroker::streams,
          VirtualClock.class, InMemoryBroker::clock,
          Backend.class, InMemoryBroker::backend);

  /** Made by JUnit. */
  public MillraceExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return PARTS.containsKey(parameter.getParameter().getType());
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    InMemoryBroker broker =
        context
            .getStore(BROKERS)
            .computeIfAbsent(
                InMemoryBroker.class,
                key -> InMemoryBroker.create(settings(context)),
                InMemoryBroker.class);
    return PARTS.getOrDefault(parameter.getParameter().getType(), whole -> whole).apply(broker);
  }

  private static java.util.function.Consumer<BrokerConfig.Builder> settings(
      ExtensionContext context) {
    Optional<MillraceTest> wish = wish(context);
    return builder ->
        wish.ifPresent(
            given ->
                builder.stream(given.stream())
                    .consumerGroup(given.consumerGroup())
                    .maxJobs(given.maxJobs()));
  }

  private static Optional<MillraceTest> wish(ExtensionContext context) {
    return context
        .getTestClass()
        .flatMap(type -> AnnotationSupport.findAnnotation(type, MillraceTest.class))
        .or(() -> context.getParent().flatMap(MillraceExtension::wish));
  }
}
