package dev.millrace.broker.manager;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = DefaultBrokerRuntime.class.getModule().getDescriptor();

  @Test
  void exportsTheDaggerModuleAndTheMetrics() {
    assertEquals(
        Set.of("dev.millrace.broker.manager.dagger", "dev.millrace.broker.manager.metrics"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresTheFeaturesDaggerAndMetrics() {
    assertEquals(
        Set.of(
            "java.base",
            "org.jspecify",
            "org.slf4j",
            "dagger",
            "jakarta.inject",
            "javax.inject",
            "com.codahale.metrics",
            "com.codahale.metrics.jmx",
            "java.management",
            "dev.millrace.broker.api",
            "dev.millrace.broker.streams",
            "dev.millrace.broker.pubsub",
            "dev.millrace.broker.rpc",
            "dev.millrace.broker.cleanup"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }

  @Test
  void findsBackendsCodecsAndSchedulings() {
    assertEquals(
        Set.of(
            "dev.millrace.broker.api.spi.BackendProvider",
            "dev.millrace.broker.api.PayloadCodec",
            "dev.millrace.broker.api.spi.TaskScheduling$Provider"),
        module.uses());
  }

  @Test
  void providesTheRuntimeOnBothPaths() throws Exception {
    String runtime = DefaultBrokerRuntime.class.getName();
    assertEquals(List.of(runtime), module.provides().iterator().next().providers());
    try (var file =
        DefaultBrokerRuntime.class.getResourceAsStream(
            "/META-INF/services/dev.millrace.broker.api.spi.BrokerRuntime")) {
      assertEquals(runtime, new String(file.readAllBytes(), UTF_8).strip());
    }
  }
}
