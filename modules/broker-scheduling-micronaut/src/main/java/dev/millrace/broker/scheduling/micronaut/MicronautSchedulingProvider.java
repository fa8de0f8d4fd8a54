package dev.millrace.broker.scheduling.micronaut;

import dev.millrace.broker.api.spi.TaskScheduling;

/** Offers {@code micronaut}: a task scheduler of the manager's own. */
public final class MicronautSchedulingProvider implements TaskScheduling.Provider {
  /** For {@link java.util.ServiceLoader}. */
  public MicronautSchedulingProvider() {}

  @Override
  public String name() {
    return "micronaut";
  }

  @Override
  public TaskScheduling open() {
    return MicronautScheduling.open();
  }
}
