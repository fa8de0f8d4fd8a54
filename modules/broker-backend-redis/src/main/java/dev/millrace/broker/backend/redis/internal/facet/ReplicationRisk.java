package dev.millrace.broker.backend.redis.internal.facet;

import dev.millrace.broker.api.spi.Housekeeping.Risk;
import java.util.List;
import java.util.Optional;

/**
 * Masters with replicas that take writes without them, by what INFO replication says. A failover
 * loses what such a master was told meanwhile.
 */
final class ReplicationRisk {
  private ReplicationRisk() {}

  /**
   * The risk, once for all masters.
   *
   * @param server what they are called together
   * @param infos what each master answers
   */
  static Optional<Risk> of(String server, List<String> infos) {
    long exposed = infos.stream().filter(ReplicationRisk::isExposed).count();
    if (exposed == 0) {
      return Optional.empty();
    }
    String which = infos.size() == 1 ? server : server + " (" + exposed + " of its masters)";
    return Optional.of(
        new Risk(
            which
                + " has replicas and takes writes without any: min-replicas-to-write, or"
                + " min-replicas-max-lag, is 0",
            "a failover that leaves the old master writable for a moment loses what it was told"
                + " meanwhile: requests that wait may be started twice, and accepted tasks and"
                + " kept events be lost",
            "redis-cli CONFIG SET min-replicas-to-write 1 on all servers, and in their"
                + " configuration; a master without a replica then takes no writes"));
  }

  /** The count of good replicas is told only where one is asked for. */
  private static boolean isExposed(String info) {
    return value(info, "role").equals("master")
        && !value(info, "connected_slaves").equals("0")
        && value(info, "min_slaves_good_slaves").isEmpty();
  }

  private static String value(String info, String name) {
    return info.lines()
        .map(String::strip)
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }
}
