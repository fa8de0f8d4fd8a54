package dev.millrace.broker.manager;

import dev.millrace.broker.api.StreamManager;

class MemoryDeadLettersTest extends DeadLettersContract {
  @Override
  StreamManager connect() {
    return StreamManager.connect("memory:");
  }
}
