package dev.millrace.broker.backend.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.broker.api.spi.BackendProvider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the module shows and needs: a change here is a change for its users. */
class ModuleTest {
  private static final String PROVIDER = MemoryBackendProvider.class.getName();

  @Test
  void exportsItsOnePackage() throws IOException {
    assertEquals(
        Set.of("dev.millrace.broker.backend.memory"),
        descriptor().exports().stream()
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet()));
    assertTrue(descriptor().opens().isEmpty());
    assertTrue(descriptor().uses().isEmpty());
  }

  @Test
  void requiresTheApiOnly() throws IOException {
    assertEquals(
        Set.of("java.base", "dev.millrace.broker.api"),
        descriptor().requires().stream()
            .filter(required -> !required.modifiers().contains(Modifier.STATIC))
            .map(ModuleDescriptor.Requires::name)
            .collect(Collectors.toSet()));
    assertTrue(
        descriptor().requires().stream()
            .filter(required -> required.name().equals("dev.millrace.broker.api"))
            .allMatch(required -> required.modifiers().contains(Modifier.TRANSITIVE)));
  }

  @Test
  void providesTheBackend() throws IOException {
    ModuleDescriptor.Provides provides = descriptor().provides().iterator().next();
    assertEquals(1, descriptor().provides().size());
    assertEquals(BackendProvider.class.getName(), provides.service());
    assertEquals(List.of(PROVIDER), provides.providers());
  }

  @Test
  void namesTheSameProviderForTheClassPath() throws IOException {
    String file = "/META-INF/services/" + BackendProvider.class.getName();
    try (InputStream in = MemoryBackend.class.getResourceAsStream(file)) {
      assertEquals(PROVIDER, new String(in.readAllBytes(), StandardCharsets.UTF_8).strip());
    }
  }

  @Test
  void isFoundByTheServiceLoader() {
    // Tests are patched into the module, which does not use the service itself.
    ModuleTest.class.getModule().addUses(BackendProvider.class);
    List<String> found =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(provider -> provider.type().getName())
            .toList();
    assertEquals(List.of(PROVIDER), found);
  }

  private static ModuleDescriptor descriptor() throws IOException {
    // Read from the file: while tests run, the module is patched.
    try (InputStream in = MemoryBackend.class.getResourceAsStream("/module-info.class")) {
      return ModuleDescriptor.read(in);
    }
  }
}
