package dev.millrace.broker.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a class a broker in memory of its own. Methods and constructors may have
 * parameters of the types {@link InMemoryBroker}, {@link dev.millrace.broker.api.Broker}, {@link
 * dev.millrace.broker.api.StreamManager}, {@link dev.millrace.broker.backend.memory.VirtualClock}
 * and {@link dev.millrace.broker.api.spi.Backend}, all of the same broker, which is closed after
 * the test.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(MillraceExtension.class)
public @interface MillraceTest {
  /** The stream of tasks. */
  String stream() default "tasks";

  /** The group that shares them. */
  String consumerGroup() default "workers";

  /** The most tasks handled at once. */
  int maxJobs() default 10;
}
