/**
 * Periodic work on Micronaut's {@code TaskScheduler}: found by its presence on the path, or given
 * an application's own bean.
 */
@org.jspecify.annotations.NullMarked
module dev.millrace.broker.scheduling.micronaut {
  requires transitive dev.millrace.broker.api;
  requires transitive io.micronaut.micronaut_context;
  requires static org.jspecify;

  exports dev.millrace.broker.scheduling.micronaut;

  provides dev.millrace.broker.api.spi.TaskScheduling.Provider with
      dev.millrace.broker.scheduling.micronaut.MicronautSchedulingProvider;
}
