package dev.millrace.broker.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * What senders and workers of a test did, line by line: kept in memory, or in a file that outlives
 * a killed process. Several histories of one run are read together. Thread-safe.
 */
public final class History {
  private final Queue<Event> events = new ConcurrentLinkedQueue<>();
  private final @Nullable Path file;

  /** In memory. */
  public History() {
    this.file = null;
  }

  private History(@Nullable Path file) {
    this.file = file;
  }

  /** One that appends each line to a file at once, after what the file has. */
  public static History writing(Path file) {
    return new History(file);
  }

  /**
   * All lines of these files together. A last line without its end is left out: its writer was
   * killed while writing.
   */
  public static History reading(List<Path> files) {
    var history = new History();
    for (Path each : files) {
      try {
        String text = Files.readString(each);
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
          int space = line.indexOf(' ');
          history.events.add(
              new Event(Kind.valueOf(line.substring(0, space)), line.substring(space + 1)));
        }
      } catch (IOException unreadable) {
        throw new UncheckedIOException("cannot read " + each, unreadable);
      }
    }
    return history;
  }

  /** A send is about to begin. */
  public void invoked(String id) {
    add(Kind.INVOKED, id);
  }

  /** A send was accepted. */
  public void acknowledged(String id) {
    add(Kind.ACKNOWLEDGED, id);
  }

  /** A send was refused: it must not come out. */
  public void refused(String id) {
    add(Kind.REFUSED, id);
  }

  /** A send had no answer: it may come out or not. */
  public void unknown(String id) {
    add(Kind.UNKNOWN, id);
  }

  /** It came out and its acknowledgement took effect. */
  public void handled(String id) {
    add(Kind.HANDLED, id);
  }

  /** It came out among the dead letters. */
  public void deadLettered(String id) {
    add(Kind.DEAD_LETTERED, id);
  }

  /** A policy dropped it, on record. */
  public void dropped(String id) {
    add(Kind.DROPPED, id);
  }

  private void add(Kind kind, String id) {
    events.add(new Event(kind, id));
    Optional.ofNullable(file).ifPresent(to -> write(to, kind + " " + id + "\n"));
  }

  // One write call for each line, in append mode: lines of several threads never mix.
  private static void write(Path to, String line) {
    try {
      Files.write(
          to,
          line.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot write " + to, failure);
    }
  }

  /** All events so far, those of one thread in order. */
  public List<Event> events() {
    return new ArrayList<>(events);
  }

  /** What happened. */
  public enum Kind {
    /** See {@link #invoked}. */
    INVOKED,
    /** See {@link #acknowledged}. */
    ACKNOWLEDGED,
    /** See {@link #refused}. */
    REFUSED,
    /** See {@link #unknown}. */
    UNKNOWN,
    /** See {@link #handled}. */
    HANDLED,
    /** See {@link #deadLettered}. */
    DEAD_LETTERED,
    /** See {@link #dropped}. */
    DROPPED
  }

  /**
   * Something that happened to a message.
   *
   * @param kind what
   * @param id to which
   */
  public record Event(Kind kind, String id) {}
}
