package dev.millrace.broker.api;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = Broker.class.getModule().getDescriptor();

  @Test
  void exportsTheApiAndTheSpi() {
    assertEquals(
        Set.of("dev.millrace.broker.api", "dev.millrace.broker.api.spi"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresTheJdkAndAnnotationsAlone() {
    assertEquals(
        Set.of("java.base", "org.jspecify"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }

  @Test
  void usesTheRuntimeAlone() {
    assertEquals(Set.of("dev.millrace.broker.api.spi.BrokerRuntime"), module.uses());
  }
}
