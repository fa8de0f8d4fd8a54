/** The in-memory backend: full semantics with nothing installed. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.backend.memory {
  requires transitive dev.millrace.broker.api;
  requires static org.jspecify;
}
