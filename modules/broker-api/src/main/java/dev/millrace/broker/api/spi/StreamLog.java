package dev.millrace.broker.api.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** The streams of a backend. Thread-safe; nothing here blocks. */
public interface StreamLog {
  /**
   * Makes the stream's groups where they do not exist. Idempotent. Fails, with nothing made, where
   * the durability that the spec wants plainly cannot be had now.
   */
  CompletionStage<StreamState> declare(StreamSpec spec);

  /** The stream as it stands; one that does not exist has {@link StreamState#exists()} false. */
  CompletionStage<StreamState> describe(String stream);

  /**
   * Deletes the stream with its groups and everything kept beside it, {@linkplain Dedup.InLine
   * lines} and ids included. Its backup and its dead letters are streams of their own and stay.
   * Idempotent.
   */
  CompletionStage<Void> delete(String stream);

  /**
   * Removes a group with everything kept beside the stream for it, so that it needs nothing of the
   * stream any more; its dead letters stay. What it had not handled is gone for it.
   *
   * @param lastTakesStream whether the stream is deleted, as by {@link #delete}, when no group is
   *     left
   * @return whether there was such a group; the stage fails with an {@link
   *     dev.millrace.broker.api.InvalidStateException} that names its readers, and nothing is
   *     removed, where one of them lives or is just starting; and likewise where the backend holds
   *     something under the stream's name that the library has not written
   */
  CompletionStage<Boolean> removeGroup(GroupRef group, boolean lastTakesStream);

  /**
   * Appends entries in order. Appends of one thread to one stream stay in order. Nothing is resent
   * behind the caller's back.
   *
   * @return for each entry what became of it, in order; the stage does not fail for reasons of
   *     single entries
   */
  CompletionStage<List<Appended>> append(String stream, List<Entry> entries, AppendGuard guard);

  /**
   * Opens a member of a group. The stream and the group are made where they do not exist. Nothing
   * is read before {@link GroupReader#request}. Returns at once; trouble reaches the sink.
   */
  GroupReader open(GroupRef group, ReaderSpec spec, Sink sink);
}
