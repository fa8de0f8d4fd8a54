package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** The file system. What it makes belongs to its owner alone where the file system knows owners. */
final class RealDisk implements Disk {
  private static final FileAttribute<?>[] NONE = {};

  @Override
  public Output create(Path file) throws IOException {
    Set<StandardOpenOption> options =
        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    return new Channel(FileChannel.open(file, options, mode(file, "rw-------")));
  }

  @Override
  public Input open(Path file) throws IOException {
    return new Reading(new RandomAccessFile(file.toFile(), "r"));
  }

  @Override
  public void truncate(Path file, long length) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(length);
      channel.force(true);
    }
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void rename(Path file, Path to) throws IOException {
    Files.move(file, to, StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void syncDirectory(Path directory) throws IOException {
    // Elsewhere (Windows) a directory cannot be opened; its entries are journalled there.
    if (posix(directory)) {
      try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** What to make a file or folder with, so that it is never open to others, not even at first. */
  static FileAttribute<?>[] mode(Path path, String permissions) {
    return posix(path)
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : NONE;
  }

  private static boolean posix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private record Channel(FileChannel channel) implements Output {
    @Override
    public int write(ByteBuffer bytes, long at) throws IOException {
      return channel.write(bytes, at);
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long length) throws IOException {
      channel.truncate(length);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Not a channel: an interrupt would close that. */
  private record Reading(RandomAccessFile file) implements Input {
    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      file.seek(at);
      return file.read(into, offset, length);
    }

    @Override
    public long size() throws IOException {
      return file.length();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
