package dev.millrace.app.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the files of one stream say, each figure counted from its own file: the sorted difference of
 * what the sender wrote down and what the handlers wrote down.
 *
 * @param accepted ids the sender wrote
 * @param handled different ids the handlers wrote
 * @param missing accepted and not handled
 * @param unexpected handled, and neither accepted nor unclear
 * @param twice ids that were handled more than once
 * @param unclear ids whose sends had no answer, whether handled or not
 * @param examples some of the missing and unexpected ones, in words
 */
record Comparison(
    long accepted,
    long handled,
    long missing,
    long unexpected,
    long twice,
    long unclear,
    List<String> examples) {
  private static final int EXAMPLES = 5;
  private static final int LINES_IN_MEMORY = 200_000;

  /** Whether every accepted id was handled, and nothing else. */
  boolean exact() {
    return missing == 0 && unexpected == 0;
  }

  static Comparison of(List<Path> acceptedFiles, List<Path> unclearFiles, List<Path> handledFiles)
      throws IOException {
    return of(acceptedFiles, unclearFiles, handledFiles, LINES_IN_MEMORY);
  }

  static Comparison of(
      List<Path> acceptedFiles, List<Path> unclearFiles, List<Path> handledFiles, int linesInMemory)
      throws IOException {
    try (var accepted = new ExternalSort(acceptedFiles, linesInMemory);
        var unclear = new ExternalSort(unclearFiles, linesInMemory);
        var handled = new ExternalSort(handledFiles, linesInMemory)) {
      return new Walk(new Ids(accepted), new Ids(unclear), new Ids(handled)).compare();
    }
  }

  /** Goes through the three sorted sequences side by side. */
  private static final class Walk {
    private final Ids accepted;
    private final Ids unclear;
    private final Ids handled;
    private final List<String> examples = new ArrayList<>();
    private long missing;
    private long unexpected;

    Walk(Ids accepted, Ids unclear, Ids handled) {
      this.accepted = accepted;
      this.unclear = unclear;
      this.handled = handled;
    }

    Comparison compare() throws IOException {
      accepted.advance();
      unclear.advance();
      handled.advance();
      while (true) {
        String here = smallest(accepted.id, handled.id);
        if (here == null) {
          unclear.skipRest();
          break;
        }
        while (unclear.id != null && unclear.id.compareTo(here) < 0) {
          unclear.advance();
        }
        boolean sent = here.equals(accepted.id);
        boolean done = here.equals(handled.id);
        if (sent && !done) {
          missing++;
          example("missing " + here);
        } else if (done && !sent && !here.equals(unclear.id)) {
          unexpected++;
          example("unexpected " + here);
        }
        if (sent) {
          accepted.advance();
        }
        if (done) {
          handled.advance();
        }
      }
      return new Comparison(
          accepted.different,
          handled.different,
          missing,
          unexpected,
          handled.repeated,
          unclear.different,
          examples);
    }

    private void example(String text) {
      if (examples.size() < EXAMPLES) {
        examples.add(text);
      }
    }

    private static @Nullable String smallest(@Nullable String a, @Nullable String b) {
      if (a == null || b == null) {
        return a == null ? b : a;
      }
      return a.compareTo(b) <= 0 ? a : b;
    }
  }

  /** Sorted ids without repetitions, which are counted. */
  private static final class Ids {
    private final ExternalSort sorted;
    private @Nullable String ahead;
    private boolean begun;
    private @Nullable String id;
    private long different;
    private long repeated;

    Ids(ExternalSort sorted) {
      this.sorted = sorted;
    }

    void advance() throws IOException {
      String next = begun ? ahead : sorted.next();
      begun = true;
      id = next;
      ahead = null;
      if (next == null) {
        return;
      }
      different++;
      ahead = sorted.next();
      boolean again = next.equals(ahead);
      repeated += again ? 1 : 0;
      while (again) {
        ahead = sorted.next();
        again = next.equals(ahead);
      }
    }

    void skipRest() throws IOException {
      while (id != null) {
        advance();
      }
    }
  }
}
