package dev.millrace.broker.rpc;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = ModuleTest.class.getModule().getDescriptor();

  @Test
  void exportsWhatOthersUse() {
    assertEquals(
        Set.of("dev.millrace.broker.rpc"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresTheApiAndSlf4jAlone() {
    assertEquals(
        Set.of("java.base", "org.jspecify", "org.slf4j", "dev.millrace.broker.api"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }
}
