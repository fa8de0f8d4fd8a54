package dev.millrace.app.demo;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file of ids, one a line. Each is with the operating system when {@link #add} returns, so that
 * even a killed process leaves a true file. Thread-safe.
 */
final class IdFile implements Closeable {
  private final FileChannel channel;
  private final AtomicLong count = new AtomicLong();

  IdFile(Path file) throws IOException {
    this.channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
  }

  /** Appends one id. */
  void add(String id) {
    var line = ByteBuffer.wrap((id + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException full) {
      throw new UncheckedIOException("cannot write an id down", full);
    }
    count.incrementAndGet();
  }

  /** How many were added here; for the progress line, not for the report. */
  long count() {
    return count.get();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
