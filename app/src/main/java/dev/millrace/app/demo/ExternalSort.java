package dev.millrace.app.demo;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** Sorts the lines of files into one sequence, in memory that does not grow with them. */
final class ExternalSort implements Closeable {
  private final int linesInMemory;
  private final List<Path> runs = new ArrayList<>();
  private final List<Source> sources = new ArrayList<>();
  private final PriorityQueue<Source> heads =
      new PriorityQueue<>(Comparator.comparing(source -> source.head));

  /** Sorts these files. */
  ExternalSort(List<Path> files, int linesInMemory) throws IOException {
    this.linesInMemory = linesInMemory;
    try {
      var lines = new ArrayList<String>();
      for (Path file : files) {
        cutIntoRuns(file, lines);
      }
      writeRun(lines);
      for (Path run : runs) {
        var source = new Source(Files.newBufferedReader(run));
        sources.add(source);
        if (source.advance()) {
          heads.add(source);
        }
      }
    } catch (IOException failed) {
      close();
      throw failed;
    }
  }

  /** The next line in order, or null after the last. */
  @Nullable String next() throws IOException {
    Source first = heads.poll();
    if (first == null) {
      return null;
    }
    String line = first.head;
    if (first.advance()) {
      heads.add(first);
    }
    return line;
  }

  private void cutIntoRuns(Path file, List<String> lines) throws IOException {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
        if (lines.size() == linesInMemory) {
          writeRun(lines);
        }
      }
    }
  }

  private void writeRun(List<String> lines) throws IOException {
    if (lines.isEmpty()) {
      return;
    }
    Collections.sort(lines);
    Path run = Files.createTempFile("millrace-sort", ".txt");
    runs.add(run);
    Files.write(run, lines);
    lines.clear();
  }

  @Override
  public void close() throws IOException {
    for (Source source : sources) {
      source.in.close();
    }
    for (Path run : runs) {
      Files.deleteIfExists(run);
    }
  }

  private static final class Source {
    private final BufferedReader in;
    private String head = "";

    Source(BufferedReader in) {
      this.in = in;
    }

    boolean advance() throws IOException {
      String line = in.readLine();
      head = line == null ? "" : line;
      return line != null;
    }
  }
}
