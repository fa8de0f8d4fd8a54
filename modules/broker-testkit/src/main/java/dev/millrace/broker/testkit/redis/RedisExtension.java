package dev.millrace.broker.testkit.redis;

import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** See {@link WithRedis}; registered by hand it gives a server without options. */
public final class RedisExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace SERVERS =
      ExtensionContext.Namespace.create(RedisExtension.class);

  /** Made by JUnit. */
  public RedisExtension() {}

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == RedisServer.class || type == RedisCluster.class || type == RedisSentinels.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return outermostClass(context)
        .getStore(SERVERS)
        .computeIfAbsent(type, wanted -> start(wanted, context), Object.class);
  }

  private static Object start(Class<?> type, ExtensionContext context) {
    if (type == RedisCluster.class) {
      return RedisCluster.start();
    }
    if (type == RedisSentinels.class) {
      return RedisSentinels.start();
    }
    Optional<WithRedis> wish = wish(context);
    String[] options = wish.map(WithRedis::value).orElse(new String[0]);
    return wish.map(WithRedis::own).orElse(false)
        ? RedisServer.startOwn(options)
        : RedisServer.start(options);
  }

  private static Optional<WithRedis> wish(ExtensionContext context) {
    return context
        .getTestClass()
        .flatMap(type -> AnnotationSupport.findAnnotation(type, WithRedis.class))
        .or(() -> context.getParent().flatMap(RedisExtension::wish));
  }

  /** One server for a class and the classes nested in it. */
  private static ExtensionContext outermostClass(ExtensionContext context) {
    return context
        .getParent()
        .filter(parent -> parent.getTestClass().isPresent())
        .map(RedisExtension::outermostClass)
        .orElse(context);
  }
}
