package dev.millrace.broker.manager;

import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.JournalConfig;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendFeatures.Feature;
import java.nio.file.Path;

/** Where the journal is if nobody has said so. */
final class JournalPlace {
  private JournalPlace() {}

  /** The chosen one; else one in the home directory, where the backend can be away at all. */
  static JournalConfig of(BrokerConfig config, Backend backend) {
    return config
        .journal()
        .orElseGet(
            () ->
                backend.features().has(Feature.SHARED)
                    ? JournalConfig.in(inHome(config.appName()))
                    : JournalConfig.none());
  }

  private static Path inHome(String appName) {
    // A name of one folder, whatever the application is called.
    String folder = appName.replaceAll("[^\\p{L}\\p{N}._-]", "_");
    boolean special = folder.equals(".") || folder.equals("..");
    return Path.of(
        System.getProperty("user.home", "."), ".millrace", "journal", special ? "_" : folder);
  }
}
