package dev.millrace.broker.testkit.redis;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Optional;

/** Where the program comes from: the path, or a static build inside a jar on the class path. */
final class RedisBinary {
  private static final String BUNDLED = "redis-server-7.0.15-";

  private RedisBinary() {}

  /** The {@code redis-server} on PATH. */
  static Optional<Path> installed() {
    String path = System.getenv("PATH");
    if (path == null) {
      return Optional.empty();
    }
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, "redis-server");
      if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
        return Optional.of(candidate.toAbsolutePath());
      }
    }
    return Optional.empty();
  }

  /** The bundled one for this system, unpacked into a folder; empty where there is none. */
  static Optional<Path> bundled(Path folder) {
    String name = BUNDLED + system() + "-" + architecture();
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    ClassLoader loader = context == null ? RedisBinary.class.getClassLoader() : context;
    try (InputStream program = open(loader, name)) {
      if (program == null) {
        return Optional.empty();
      }
      Path file = folder.resolve("redis-server");
      Files.copy(program, file, StandardCopyOption.REPLACE_EXISTING);
      if (!file.toFile().setExecutable(true)) {
        throw new IOException("cannot make " + file + " executable");
      }
      return Optional.of(file);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot unpack " + name + " into " + folder, failure);
    }
  }

  private static @org.jspecify.annotations.Nullable InputStream open(
      ClassLoader loader, String name) {
    InputStream found = loader.getResourceAsStream(name);
    return found != null ? found : ClassLoader.getSystemResourceAsStream(name);
  }

  private static String system() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    return name.startsWith("mac") || name.startsWith("darwin") ? "darwin" : name;
  }

  private static String architecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64", "arm64" -> "arm64";
      case "x86", "i386", "i686" -> "386";
      default -> "unknown";
    };
  }
}
