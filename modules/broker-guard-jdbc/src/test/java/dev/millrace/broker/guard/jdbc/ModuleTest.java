package dev.millrace.broker.guard.jdbc;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = JdbcEffects.class.getModule().getDescriptor();

  @Test
  void exportsItsOnePackage() {
    assertEquals(
        Set.of("dev.millrace.broker.guard.jdbc"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresTheApiAndTheJdkAlone() {
    assertEquals(
        Set.of("java.base", "java.sql", "org.jspecify", "dev.millrace.broker.api"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }
}
