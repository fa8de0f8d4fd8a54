/** Benchmarks. */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.bench {
  requires transitive dev.millrace.broker.api;
  requires dev.millrace.broker.backend.redis;
  requires dev.millrace.broker.backend.memory;
  requires static org.jspecify;
}
