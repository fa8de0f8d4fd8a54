package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import java.nio.file.Path;

/** Where the journal is if nobody has said so. */
final class JournalPlace {
  private JournalPlace() {}

  /**
   * The chosen one; else one in the home directory, where the backend can be away at all. Each
   * backend has a folder of its own in it: what one did not take is not for another.
   */
  static JournalConfig of(BrokerConfig config, Backend backend) {
    JournalConfig journal =
        config
            .journal()
            .orElseGet(
                () ->
                    backend.features().has(Feature.SHARED)
                        ? JournalConfig.in(inHome(config.appName()))
                        : JournalConfig.none());
    return new JournalConfig(
        journal.directory().map(directory -> directory.resolve(folder(backend.name()))),
        journal.maxBytes(),
        journal.maxAge(),
        journal.sync(),
        journal.spillAfter());
  }

  /** For people to read, and different for each. Who logs in makes no difference. */
  private static String folder(String backend) {
    String server = backend.replaceFirst("//[^/@]*@", "//");
    String readable = server.replaceAll("[^A-Za-z0-9.-]+", "_");
    return readable.substring(0, Math.min(60, readable.length()))
        + "-"
        + String.format("%08x", server.hashCode());
  }

  private static Path inHome(String appName) {
    // A name of one folder, whatever the application is called.
    String folder = appName.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    boolean special = folder.equals(".") || folder.equals("..");
    return Path.of(
        System.getProperty("user.home", "."), ".millrace", "journal", special ? "_" : folder);
  }
}
