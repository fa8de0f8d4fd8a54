package dev.millrace.broker.testkit.redis;

/** How a server is run: as a process of ours, in a container, or by somebody else. */
interface ServerRun {
  String host();

  int port();

  /** Starts it, on the same port and data as before. */
  void start();

  /**
   * From its next start on it writes no file beyond so many bytes, as if the disk were full; 0: as
   * large as it likes.
   */
  void limitFiles(long bytes);

  /** Its process number. */
  long pid();

  /** SIGKILL. */
  void kill();

  /** SIGTERM, and waits for the end. */
  void stop();

  /** SIGSTOP. */
  void pause();

  /** SIGCONT. */
  void resume();

  /** Whether it runs; a paused one does. */
  boolean alive();

  /** What it printed last, for error messages. */
  String output();

  /** Ends it and removes its data. */
  void discard();
}
