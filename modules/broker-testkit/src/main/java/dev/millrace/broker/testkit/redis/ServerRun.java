package dev.millrace.broker.testkit.redis;

/** How a server is run: as a process of ours, in a container, or by somebody else. */
interface ServerRun {
  String host();

  int port();

  /** Starts it, on the same port and data as before. */
  void start();

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
