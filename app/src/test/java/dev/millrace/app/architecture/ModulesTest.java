package dev.millrace.app.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may require whom: the doors of the house, as its descriptors have them. */
class ModulesTest {
  private static final String PREFIX = "dev.millrace.broker.";
  private static final Set<String> FEATURES = Set.of("streams", "pubsub", "rpc", "cleanup");

  /** Beside the JDK, the api and annotations; those ending in a star by prefix. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("api", Set.of()),
          Map.entry("streams", Set.of("org.slf4j", "com.dynatrace.hash4j")),
          Map.entry("pubsub", Set.of("org.slf4j")),
          Map.entry("rpc", Set.of("org.slf4j")),
          Map.entry("cleanup", Set.of("org.slf4j")),
          Map.entry("codec.jackson", Set.of("tools.jackson.*", "com.fasterxml.jackson.annotation")),
          Map.entry("backend.memory", Set.of()),
          Map.entry("guard.jdbc", Set.of()),
          Map.entry("scheduling.micronaut", Set.of("io.micronaut.micronaut_context")),
          Map.entry("backend.redis", Set.of("lettuce.core", "reactor.core", "io.netty.*")),
          Map.entry(
              "manager",
              Set.of(
                  PREFIX + "streams",
                  PREFIX + "pubsub",
                  PREFIX + "rpc",
                  PREFIX + "cleanup",
                  "org.slf4j",
                  "dagger",
                  "jakarta.inject",
                  "javax.inject",
                  "com.codahale.metrics",
                  "com.codahale.metrics.jmx")),
          Map.entry("testkit", Set.of("org.junit.*", "org.opentest4j", "awaitility")),
          Map.entry(
              "test",
              Set.of(
                  PREFIX + "backend.memory",
                  PREFIX + "manager",
                  PREFIX + "codec.jackson",
                  "org.junit.*")));

  private final Map<String, Path> modules = Reactor.modules();

  private ModuleDescriptor module(String shortName) {
    Path classes = modules.get(PREFIX + shortName);
    assertTrue(classes != null, () -> "not built: " + PREFIX + shortName);
    return Reactor.descriptor(classes);
  }

  private Stream<ModuleDescriptor> all() {
    return modules.values().stream().map(Reactor::descriptor);
  }

  private static Set<String> required(ModuleDescriptor module) {
    return module.requires().stream()
        .map(ModuleDescriptor.Requires::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyModuleRequiresOnlyWhatItMay() {
    var faults = new ArrayList<String>();
    for (ModuleDescriptor each : all().toList()) {
      String shortName = each.name().replace(PREFIX, "");
      Set<String> allowed = ALLOWED.get(shortName);
      if (allowed == null) {
        continue;
      }
      for (String required : required(each)) {
        if (!always(required) && allowed.stream().noneMatch(matching(required))) {
          faults.add(each.name() + " requires " + required);
        }
      }
    }
    assertEquals(List.of(), faults);
  }

  private static boolean always(String required) {
    return required.startsWith("java.")
        || required.startsWith("jdk.")
        || required.equals("org.jspecify")
        || required.equals(PREFIX + "api");
  }

  private static Predicate<String> matching(String required) {
    return allowed ->
        allowed.endsWith("*")
            ? required.startsWith(allowed.substring(0, allowed.length() - 1))
            : required.equals(allowed);
  }

  @Test
  void modulesOfTheProgramAreAllThere() {
    for (String each : List.of("api", "streams", "manager", "backend.memory", "backend.redis")) {
      module(each);
    }
  }

  @Test
  void apiNeedsTheJdkAndAnnotationsAlone() {
    for (ModuleDescriptor.Requires each : module("api").requires()) {
      assertTrue(
          each.name().startsWith("java.")
              || each.name().equals("org.jspecify")
                  && each.modifiers().contains(ModuleDescriptor.Requires.Modifier.STATIC),
          () -> "api requires " + each);
    }
  }

  @Test
  void featuresDoNotKnowEachOther() {
    for (String feature : FEATURES) {
      for (String other : FEATURES) {
        assertTrue(!required(module(feature)).contains(PREFIX + other), feature + " -> " + other);
      }
    }
  }

  @Test
  void nobodyRequiresABackendButToolsAndTests() {
    Set<String> mayKnow =
        Set.of("dev.millrace.app", PREFIX + "test", PREFIX + "bench", PREFIX + "examples");
    all()
        .filter(each -> !mayKnow.contains(each.name()))
        .forEach(
            each ->
                assertTrue(
                    required(each).stream().noneMatch(name -> name.startsWith(PREFIX + "backend.")),
                    () -> each + " requires a backend"));
  }

  @Test
  void nobodyRequiresTheBenchmarksOrTheTestkit() {
    all()
        .forEach(
            each -> {
              assertTrue(!required(each).contains(PREFIX + "bench"), each::name);
              assertTrue(!required(each).contains(PREFIX + "testkit"), each::name);
            });
  }

  @Test
  void nobodyRequiresTheAdapters() {
    all()
        .forEach(
            each ->
                assertTrue(!required(each).contains(PREFIX + "scheduling.micronaut"), each::name));
  }

  @Test
  void implementationIsNotExported() {
    all()
        .filter(each -> !each.name().equals(PREFIX + "testkit"))
        .forEach(
            each ->
                each.exports().stream()
                    .filter(export -> !export.isQualified())
                    .forEach(
                        export ->
                            assertTrue(
                                mayBeExported(each.name(), export.source()),
                                () -> each.name() + " exports " + export.source())));
  }

  private static boolean mayBeExported(String module, String exported) {
    return exported.equals(module)
        || exported.equals(PREFIX + "api.spi")
        || exported.equals(PREFIX + "manager.dagger")
        || exported.equals(PREFIX + "manager.metrics");
  }

  @Test
  void nothingIsOpenToEverybody() {
    all()
        .filter(each -> !each.name().equals(PREFIX + "testkit"))
        .forEach(
            each -> {
              assertTrue(!each.isOpen(), each::name);
              assertTrue(
                  each.opens().stream().allMatch(ModuleDescriptor.Opens::isQualified),
                  () -> each.name() + " opens " + each.opens());
            });
  }
}
