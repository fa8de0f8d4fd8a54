package dev.millrace.app.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/**
 * The folder that the processes of one run share: what the run is, the ids that the sender wrote
 * and those that each process handled.
 *
 * @param path the folder
 * @param runId tells this run's messages from those of others
 */
record RunDirectory(Path path, String runId) {
  private static final String RUN_FILE = "run.properties";
  private static final String FINISHED = "finished";

  /** A new run. */
  static RunDirectory create(Path path) throws IOException {
    Files.createDirectories(path);
    Path file = path.resolve(RUN_FILE);
    if (Files.exists(file)) {
      throw new FileAlreadyExistsException(
          "'" + path + "' holds the files of an earlier run; name another folder or remove it");
    }
    String id = UUID.randomUUID().toString().substring(0, 8);
    var properties = new Properties();
    properties.setProperty("run", id);
    // A reader sees all of it or nothing.
    Path draft = Files.createTempFile(path, "run", ".tmp");
    try (OutputStream out = Files.newOutputStream(draft)) {
      properties.store(out, "A run of millrace demo");
    }
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    return new RunDirectory(path, id);
  }

  /** Whether a run was begun there. */
  static boolean begun(Path path) {
    return Files.exists(path.resolve(RUN_FILE));
  }

  /** A run that another process began. */
  static RunDirectory join(Path path) throws IOException {
    var properties = new Properties();
    try (InputStream in = Files.newInputStream(path.resolve(RUN_FILE))) {
      properties.load(in);
    }
    return new RunDirectory(path, properties.getProperty("run", ""));
  }

  /** Tells the other processes that the run is over. */
  void finish() throws IOException {
    Files.createFile(path.resolve(FINISHED));
  }

  boolean finished() {
    return Files.exists(path.resolve(FINISHED));
  }

  /** What the sender of {@code kind} ("orders", "audit") has had accepted. */
  Path accepted(String kind) {
    return path.resolve("accepted-" + kind + ".txt");
  }

  /** Ids of sends that nobody answered. */
  Path unclear(String kind) {
    return path.resolve("unclear-" + kind + ".txt");
  }

  /** What this process has handled. */
  Path handledHere(String kind) {
    return path.resolve("handled-" + kind + "-" + process() + ".txt");
  }

  /** What this process has handled that another run or program sent. */
  Path foreignHere(String kind) {
    return path.resolve("foreign-" + kind + "-" + process() + ".txt");
  }

  Path badLines() {
    return path.resolve("bad-lines.txt");
  }

  /** What all processes have handled, a file each. */
  List<Path> handled(String kind) throws IOException {
    return list("handled-" + kind + "-*.txt");
  }

  /** What all processes have handled of others' messages, a file each. */
  List<Path> foreign(String kind) throws IOException {
    return list("foreign-" + kind + "-*.txt");
  }

  private List<Path> list(String pattern) throws IOException {
    var files = new ArrayList<Path>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(path, pattern)) {
      found.forEach(files::add);
    }
    Collections.sort(files);
    return files;
  }

  private static String process() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9.]", "-");
    } catch (java.net.UnknownHostException nameless) {
      host = "localhost";
    }
    return host + "-" + ProcessHandle.current().pid();
  }
}
