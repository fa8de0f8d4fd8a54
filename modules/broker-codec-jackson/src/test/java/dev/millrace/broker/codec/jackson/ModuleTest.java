package dev.millrace.broker.codec.jackson;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private final ModuleDescriptor module = JacksonCodec.class.getModule().getDescriptor();

  @Test
  void exportsItsPackageAlone() {
    assertEquals(
        Set.of("dev.millrace.broker.codec.jackson"),
        module.exports().stream().map(ModuleDescriptor.Exports::source).collect(toSet()));
  }

  @Test
  void requiresApiAndJacksonAlone() {
    assertEquals(
        Set.of("java.base", "dev.millrace.broker.api", "tools.jackson.databind", "org.jspecify"),
        module.requires().stream().map(ModuleDescriptor.Requires::name).collect(toSet()));
  }

  @Test
  void providesTheCodecOnBothPaths() throws Exception {
    assertEquals(
        List.of(JacksonCodec.class.getName()), module.provides().iterator().next().providers());
    try (var file =
        JacksonCodec.class.getResourceAsStream(
            "/META-INF/services/dev.millrace.broker.api.PayloadCodec")) {
      assertEquals(JacksonCodec.class.getName(), new String(file.readAllBytes(), UTF_8).strip());
    }
  }
}
