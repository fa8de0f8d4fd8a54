/** The in-memory backend: full semantics with nothing installed. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.backend.memory {
  requires transitive dev.millrace.broker.api;
  requires static org.jspecify;

  exports dev.millrace.broker.backend.memory;

  provides dev.millrace.broker.api.spi.BackendProvider with
      dev.millrace.broker.backend.memory.MemoryBackendProvider;
}
