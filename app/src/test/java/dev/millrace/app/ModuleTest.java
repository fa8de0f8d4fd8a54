package dev.millrace.app;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = Main.class.getModule().getDescriptor();

  @Test
  void exportsNothing() {
    assertEquals(Set.of(), module.exports());
  }

  @Test
  void requiresNoBackendAndNoManager() {
    assertEquals(
        Set.of(
            "java.base",
            "dev.millrace.broker.api",
            "info.picocli",
            "org.slf4j",
            "tools.jackson.databind",
            "org.jspecify"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }
}
