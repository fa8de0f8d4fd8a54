package dev.millrace.broker.test;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = MillraceTest.class.getModule().getDescriptor();

  @Test
  void exportsWhatItsUsersNeed() {
    assertEquals(
        Set.of("dev.millrace.broker.test"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresNoMoreThanItMay() {
    assertEquals(
        Set.of(
            "java.base",
            "dev.millrace.broker.api",
            "dev.millrace.broker.backend.memory",
            "dev.millrace.broker.manager",
            "dev.millrace.broker.codec.jackson",
            "org.junit.jupiter.api",
            "org.jspecify"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }
}
