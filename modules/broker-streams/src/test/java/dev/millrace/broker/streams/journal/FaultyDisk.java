package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The file system, with faults as told. Thread-safe. */
final class FaultyDisk implements Disk {
  private final Disk real = new RealDisk();
  private final AtomicLong room = new AtomicLong(Long.MAX_VALUE);
  private final AtomicInteger forces = new AtomicInteger();
  private volatile boolean failForce;
  private volatile boolean failTruncate;
  private volatile boolean failCreate;
  private volatile boolean failDelete;
  private volatile int mostAtOnce = Integer.MAX_VALUE;

  /** Only so many bytes go in from now on. */
  void room(long bytes) {
    room.set(bytes);
  }

  /** A write takes so many bytes at most. */
  void mostAtOnce(int bytes) {
    mostAtOnce = bytes;
  }

  void failForce(boolean fail) {
    failForce = fail;
  }

  void failTruncate(boolean fail) {
    failTruncate = fail;
  }

  void failCreate(boolean fail) {
    failCreate = fail;
  }

  void failDelete(boolean fail) {
    failDelete = fail;
  }

  /** How many syncs of files there were. */
  int forces() {
    return forces.get();
  }

  @Override
  public Output create(Path file) throws IOException {
    if (failCreate) {
      throw new IOException("No space left on device");
    }
    Output out = real.create(file);
    return new Output() {
      @Override
      public int write(ByteBuffer bytes, long at) throws IOException {
        int most = (int) Math.min(Math.min(bytes.remaining(), mostAtOnce), room.get());
        if (most <= 0) {
          throw new IOException("No space left on device");
        }
        ByteBuffer part = bytes.slice(bytes.position(), most);
        int written = out.write(part, at);
        bytes.position(bytes.position() + written);
        room.addAndGet(-written);
        return written;
      }

      @Override
      public void force() throws IOException {
        forces.incrementAndGet();
        if (failForce) {
          throw new IOException("Input/output error");
        }
        out.force();
      }

      @Override
      public void truncate(long length) throws IOException {
        if (failTruncate) {
          throw new IOException("Input/output error");
        }
        out.truncate(length);
      }

      @Override
      public void close() throws IOException {
        out.close();
      }
    };
  }

  @Override
  public Input open(Path file) throws IOException {
    return real.open(file);
  }

  @Override
  public void truncate(Path file, long length) throws IOException {
    real.truncate(file, length);
  }

  @Override
  public void delete(Path file) throws IOException {
    if (failDelete) {
      throw new IOException("Device or resource busy");
    }
    real.delete(file);
  }

  @Override
  public void rename(Path file, Path to) throws IOException {
    real.rename(file, to);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    real.syncDirectory(directory);
  }
}
