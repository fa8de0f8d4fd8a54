package dev.millrace.broker.testkit.redis;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives a test class one Redis server: a parameter of type {@link RedisServer} of a constructor or
 * method receives it. It is closed after the class. {@link RedisCluster} and {@link RedisSentinels}
 * parameters get theirs in the same way, started when first asked for.
 */
@Documented
@Inherited
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RedisExtension.class)
public @interface WithRedis {
  /** Command-line options of the server: {@code {"--appendonly", "yes"}}. */
  String[] value() default {};

  /** Whether the test kills or stalls it and so needs one of its own. */
  boolean own() default false;
}
