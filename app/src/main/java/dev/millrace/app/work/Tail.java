package dev.millrace.app.work;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/** The last bytes of a stream, read to its end so that its writer never blocks. */
final class Tail {
  private final byte[] ring;
  // Guards the ring and the count: the reading thread may still be at work when the text is asked
  // for.
  private final ReentrantLock lock = new ReentrantLock();
  private long count;

  Tail(int bytes) {
    this.ring = new byte[bytes];
  }

  void readAll(InputStream in) throws IOException {
    byte[] buffer = new byte[4096];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      lock.lock();
      try {
        for (int i = 0; i < n; i++) {
          ring[(int) (count++ % ring.length)] = buffer[i];
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** What was read last, in one line. */
  String text() {
    lock.lock();
    try {
      int kept = (int) Math.min(count, ring.length);
      byte[] bytes = new byte[kept];
      for (int i = 0; i < kept; i++) {
        bytes[i] = ring[(int) ((count - kept + i) % ring.length)];
      }
      String text = new String(bytes, StandardCharsets.UTF_8).strip();
      String line = text.replaceAll("\\s*\\R\\s*", " | ").replaceAll("\\p{Cntrl}", "?");
      return count > kept ? "…" + line : line;
    } finally {
      lock.unlock();
    }
  }
}
