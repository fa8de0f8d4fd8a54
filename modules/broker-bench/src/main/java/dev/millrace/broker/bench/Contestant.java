package dev.millrace.broker.bench;

/** One way of doing the work that is measured. */
interface Contestant extends AutoCloseable {
  /** Sends one message after the other, each when the one before was answered. */
  void sendOneByOne(String stream, int messages) throws Exception;

  /** Sends as many as it can at a time. */
  void sendBulk(String stream, int messages) throws Exception;

  /** Sends from many virtual threads, each waiting for its answers. */
  void sendFromThreads(String stream, int messages, int threads) throws Exception;

  /**
   * Handles and acknowledges everything in the stream, so many at once; returns when all is
   * acknowledged.
   *
   * @param threadEach each message on a virtual thread of its own, as Millrace does it with all
   *     that are not quick
   */
  void consume(String stream, int messages, int handlers, boolean threadEach) throws Exception;

  @Override
  void close();
}
