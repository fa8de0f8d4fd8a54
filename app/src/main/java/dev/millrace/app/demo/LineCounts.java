package dev.millrace.app.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Counts lines of growing files, reading only what is new. Used by one thread. */
final class LineCounts {
  private final Map<Path, long[]> seen = new HashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);

  /** The lines in all of these now. */
  long count(List<Path> files) throws IOException {
    long sum = 0;
    for (Path file : files) {
      sum += count(file);
    }
    return sum;
  }

  private long count(Path file) throws IOException {
    long[] offsetAndLines = seen.computeIfAbsent(file, f -> new long[2]);
    try (FileChannel channel = FileChannel.open(file)) {
      while (channel.read(buffer.clear(), offsetAndLines[0]) > 0) {
        buffer.flip();
        offsetAndLines[0] += buffer.remaining();
        while (buffer.hasRemaining()) {
          offsetAndLines[1] += buffer.get() == '\n' ? 1 : 0;
        }
      }
    }
    return offsetAndLines[1];
  }
}
