package dev.millrace.broker.api.spi;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Names of instances: {@code host-pid-random}, so that a restarted process never takes over its old
 * name.
 */
public final class InstanceNames {
  private static final SecureRandom RANDOM = new SecureRandom();

  private InstanceNames() {}

  /** A name no other instance has. */
  public static String unique() {
    byte[] random = new byte[4];
    RANDOM.nextBytes(random);
    return host() + "-" + ProcessHandle.current().pid() + "-" + HexFormat.of().formatHex(random);
  }

  private static String host() {
    String name;
    try {
      name = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException noName) {
      name = "localhost";
    }
    String clean = name.replaceAll("[^A-Za-z0-9._-]", "_");
    return clean.length() > 64 ? clean.substring(0, 64) : clean;
  }
}
