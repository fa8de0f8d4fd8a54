package dev.millrace.broker.backend.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.broker.api.spi.BackendProvider;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private static ModuleDescriptor descriptor() throws Exception {
    Path classes =
        Path.of(
            RedisBackendProvider.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return ModuleFinder.of(classes).findAll().iterator().next().descriptor();
  }

  @Test
  void exportsOnlyTheProvider() throws Exception {
    assertEquals(
        Set.of("dev.millrace.broker.backend.redis"),
        descriptor().exports().stream()
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet()));
  }

  @Test
  void requiresTheApiLettuceAndWhatLettuceForgets() throws Exception {
    assertEquals(
        Set.of(
            "java.base",
            "jdk.net",
            "dev.millrace.broker.api",
            "lettuce.core",
            "reactor.core",
            "io.netty.buffer",
            "io.netty.common",
            "io.netty.handler",
            "io.netty.resolver.dns",
            "io.netty.transport",
            "org.jspecify"),
        descriptor().requires().stream().map(Requires::name).collect(Collectors.toSet()));
  }

  @Test
  void providesABackendOnEitherPath() throws Exception {
    var provided = descriptor().provides().iterator().next();
    assertEquals(BackendProvider.class.getName(), provided.service());
    assertEquals(List.of(RedisBackendProvider.class.getName()), provided.providers());
    try (var services =
        RedisBackendProvider.class.getResourceAsStream(
            "/META-INF/services/" + BackendProvider.class.getName())) {
      assertEquals(
          RedisBackendProvider.class.getName(), new String(services.readAllBytes()).strip());
    }
  }
}
