package dev.millrace.broker.backend.redis.internal.log;

import dev.millrace.broker.api.MessageTooLargeException;
import dev.millrace.broker.api.spi.Appended;
import dev.millrace.broker.api.spi.Entry;
import io.lettuce.core.protocol.CommandArgs;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The words of XADD for some entries, as scripts that append take them. */
final class Words {
  /** How many entries one call of a script has at most. */
  static final int SLICE = 512;

  /** Lua's stack has room for 8,000 values. */
  private static final int MOST = 7_000;

  /** Of the longest entry. */
  final int most;

  /** Whether all entries have as many. */
  final boolean even;

  private final List<Entry> entries;

  Words(List<Entry> entries) {
    this.entries = entries;
    int longest = 0;
    int shortest = Integer.MAX_VALUE;
    for (Entry entry : entries) {
      int words = count(entry);
      longest = Math.max(longest, words);
      shortest = Math.min(shortest, words);
    }
    most = longest;
    even = longest == shortest;
  }

  int size() {
    return entries.size();
  }

  /** Whether a script cannot take one of them. */
  boolean tooMany() {
    return most > MOST;
  }

  /** All refused, for one is too long. */
  CompletionStage<List<Appended>> refused(String stream) {
    return CompletableFuture.completedStage(
        Collections.nCopies(
            entries.size(),
            new Appended.Failed(
                new MessageTooLargeException(
                    stream,
                    "a message has more than "
                        + MOST / 2
                        + " fields, which a checked send cannot carry"))));
  }

  static int count(Entry entry) {
    return 2 * EntryWire.size(entry);
  }

  /**
   * Adds the words.
   *
   * @param counted whether each entry has the number of its words before it
   */
  CommandArgs<String, byte[]> addTo(CommandArgs<String, byte[]> args, boolean counted) {
    for (Entry entry : entries) {
      if (counted) {
        args.add(count(entry));
      }
      add(entry, args);
    }
    return args;
  }

  /** Adds the words of one entry. */
  static void add(Entry entry, CommandArgs<String, byte[]> args) {
    EntryWire.write(entry, (name, value) -> args.addKey(name).addValue(value));
  }
}
