package dev.millrace.app.architecture;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The compiled modules of the whole build, whether they are on this test's path or not. */
final class Reactor {
  private Reactor() {}

  /** The folders of compiled classes by module name. */
  static Map<String, Path> modules() {
    var found = new TreeMap<String, Path>();
    for (Path classes : classFolders()) {
      Path descriptor = classes.resolve("module-info.class");
      if (Files.exists(descriptor)) {
        found.put(read(descriptor).name(), classes);
      }
    }
    return found;
  }

  static ModuleDescriptor descriptor(Path classes) {
    return read(classes.resolve("module-info.class"));
  }

  private static List<Path> classFolders() {
    Path root = root();
    var folders = new ArrayList<Path>();
    folders.add(root.resolve("app/target/classes"));
    folders.add(root.resolve("examples/target/classes"));
    try (Stream<Path> modules = Files.list(root.resolve("modules"))) {
      modules.map(each -> each.resolve("target/classes")).forEach(folders::add);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    return folders;
  }

  /** Surefire runs in the module's folder; an IDE may run in the root. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    return Files.isDirectory(here.resolve("modules")) ? here : here.getParent();
  }

  private static ModuleDescriptor read(Path descriptor) {
    try (InputStream in = Files.newInputStream(descriptor)) {
      return ModuleDescriptor.read(in);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read " + descriptor, failure);
    }
  }
}
