package dev.millrace.broker.api.spi;

/** What became of a settlement. */
public enum Settled {
  /** It took effect. */
  DONE,
  /**
   * It was refused: the entry belongs to a later delivery, was settled before, or is gone. Nothing
   * was changed.
   */
  STALE,
  /**
   * No answer came: it may have taken effect or not. The entry is delivered again if it did not.
   */
  UNKNOWN,
  /**
   * The backend refused it, for instance for lack of memory. Nothing was changed; the entry stays
   * with its reader.
   */
  REFUSED
}
