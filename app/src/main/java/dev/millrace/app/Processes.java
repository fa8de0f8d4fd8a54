package dev.millrace.app;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Starting other programs. */
public final class Processes {
  private static final Optional<Path> SETSID = find("setsid");

  private Processes() {}

  /**
   * A command in a session of its own where the system can do that, so that Ctrl-C on this
   * program's terminal does not end it before this program has drained.
   */
  public static List<String> apart(List<String> command) {
    var all = new ArrayList<String>();
    SETSID.ifPresent(setsid -> all.add(setsid.toString()));
    all.addAll(command);
    return all;
  }

  /** The program of this name on the PATH. */
  public static Optional<Path> find(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, program);
      if (Files.isExecutable(candidate) && Files.isRegularFile(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
