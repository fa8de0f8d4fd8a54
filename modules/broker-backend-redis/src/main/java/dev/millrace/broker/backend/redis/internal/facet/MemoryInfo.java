package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Trimming.Memory;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/** How full the memory of servers is, by what INFO memory says. */
final class MemoryInfo {
  private static final Comparator<Memory> BY_SHARE =
      Comparator.<Memory>comparingDouble(memory -> memory.share().orElse(-1))
          .thenComparingLong(Memory::used);

  private MemoryInfo() {}

  /** Of one server. A limit of 0 is none. */
  static Memory of(String info) {
    long limit = value(info, "maxmemory");
    return new Memory(
        value(info, "used_memory"), limit > 0 ? OptionalLong.of(limit) : OptionalLong.empty());
  }

  /** The fullest; those without a limit count as less full than any with one. */
  static Memory fullest(List<Memory> servers) {
    return servers.stream().max(BY_SHARE).orElse(new Memory(0, OptionalLong.empty()));
  }

  private static long value(String info, String name) {
    return info.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(name + ":"))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }
}
