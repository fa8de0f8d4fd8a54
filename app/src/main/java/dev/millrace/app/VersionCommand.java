package dev.millrace.app;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace version}. */
@Command(
    name = "version",
    description = "Prints the versions of millrace and of the Java it runs on.",
    mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer>, IVersionProvider {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public String[] getVersion() {
    String version = VersionCommand.class.getPackage().getImplementationVersion();
    if (version == null) {
      version =
          VersionCommand.class.getModule().getDescriptor() == null
              ? "unpackaged"
              : VersionCommand.class.getModule().getDescriptor().rawVersion().orElse("unpackaged");
    }
    return new String[] {
      "millrace "
          + version
          + " on Java "
          + Runtime.version()
          + " ("
          + System.getProperty("os.name")
          + " "
          + System.getProperty("os.arch")
          + ")"
    };
  }

  @Override
  public Integer call() {
    spec.commandLine().getOut().println(getVersion()[0]);
    return 0;
  }
}
