package dev.millrace.broker.scheduling.micronaut;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = MicronautScheduling.class.getModule().getDescriptor();

  @Test
  void exportsItsOnePackage() {
    assertEquals(
        Set.of("dev.millrace.broker.scheduling.micronaut"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresTheApiAndMicronautAlone() {
    assertEquals(
        Set.of(
            "java.base",
            "org.jspecify",
            "dev.millrace.broker.api",
            "io.micronaut.micronaut_context"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }

  @Test
  void providesASchedulingOnBothPaths() throws Exception {
    String provider = MicronautSchedulingProvider.class.getName();
    assertEquals(List.of(provider), module.provides().iterator().next().providers());
    try (var file =
        MicronautScheduling.class.getResourceAsStream(
            "/META-INF/services/dev.millrace.broker.api.spi.TaskScheduling$Provider")) {
      assertEquals(provider, new String(file.readAllBytes(), UTF_8).strip());
    }
  }
}
