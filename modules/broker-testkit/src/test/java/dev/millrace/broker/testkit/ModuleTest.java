package dev.millrace.broker.testkit;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = TotalQueueCheck.class.getModule().getDescriptor();

  @Test
  void exportsWhatItsUsersNeed() {
    assertEquals(
        Set.of(
            "dev.millrace.broker.testkit",
            "dev.millrace.broker.testkit.contract",
            "dev.millrace.broker.testkit.fault",
            "dev.millrace.broker.testkit.redis"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresNoMoreThanItMay() {
    assertEquals(
        Set.of(
            "java.base",
            "dev.millrace.broker.api",
            "org.junit.jupiter.api",
            "org.junit.jupiter.params",
            "awaitility",
            "org.jspecify"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }
}
