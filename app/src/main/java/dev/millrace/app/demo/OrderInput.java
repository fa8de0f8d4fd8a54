package dev.millrace.app.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where orders come from.
 *
 * @param name for people, and for the format by its ending
 * @param opener opens it from its start
 * @param repeatable whether it can be opened again
 */
record OrderInput(String name, Opener opener, boolean repeatable) {
  private static final String SHIPPED = "orders.csv";

  /** Opens an input. */
  interface Opener {
    InputStream open() throws IOException;
  }

  /** The 1,000 orders that ship with the program. */
  static OrderInput shipped() {
    return new OrderInput(
        SHIPPED,
        () -> {
          InputStream in = OrderInput.class.getResourceAsStream(SHIPPED);
          if (in == null) {
            throw new FileNotFoundException("the program's own " + SHIPPED + " is missing");
          }
          return in;
        },
        true);
  }

  /** This process's standard input. */
  static OrderInput standardInput() {
    return new OrderInput("standard input", () -> System.in, false);
  }

  /** A file. */
  static OrderInput file(Path file) {
    return new OrderInput(
        file.toString(), () -> Files.newInputStream(file), Files.isRegularFile(file));
  }
}
