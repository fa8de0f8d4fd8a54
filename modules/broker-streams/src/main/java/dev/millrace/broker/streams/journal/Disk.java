package dev.millrace.broker.streams.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** What the journal asks of a file system, so that tests can make it fail. */
interface Disk {
  /** A new file, empty. */
  Output create(Path file) throws IOException;

  /** A file to be read. */
  Input open(Path file) throws IOException;

  /** Cuts a file off. */
  void truncate(Path file, long length) throws IOException;

  /** Removes a file; nothing happens if there is none. */
  void delete(Path file) throws IOException;

  /** Renames a file within its folder. */
  void rename(Path file, Path to) throws IOException;

  /** Makes names that came or went durable. */
  void syncDirectory(Path directory) throws IOException;

  /** A file to write to. */
  interface Output extends AutoCloseable {
    /** Writes some of the bytes, as {@link java.nio.channels.FileChannel#write} does. */
    int write(ByteBuffer bytes, long at) throws IOException;

    /** Returns when all that was written is on the disk. */
    void force() throws IOException;

    void truncate(long length) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** A file to read from. An interrupt of the reading thread does not close it. */
  interface Input extends AutoCloseable {
    /** Reads some bytes; -1 at the end. */
    int read(byte[] into, int offset, int length, long at) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;
  }
}
