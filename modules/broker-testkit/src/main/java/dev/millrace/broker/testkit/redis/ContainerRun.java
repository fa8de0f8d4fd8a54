package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.InvalidStateException;
import java.lang.reflect.InvocationTargetException;
import java.util.List;

/**
 * A server in a Docker container. Testcontainers is reached by reflection: it is an optional
 * dependency and must stay off the module path.
 */
final class ContainerRun implements ServerRun {
  private static final String IMAGE = "redis:7.0.15-alpine";

  private final Object container;
  private final int port;

  ContainerRun(int port, List<String> arguments) {
    this.port = port;
    this.container = create(port, arguments);
  }

  /** Whether Testcontainers is on the class path and Docker answers it. */
  static boolean available() {
    try {
      Object factory =
          Class.forName("org.testcontainers.DockerClientFactory")
              .getMethod("instance")
              .invoke(null);
      return Boolean.TRUE.equals(call(factory, "isDockerAvailable"));
    } catch (ClassNotFoundException noTestcontainers) {
      return false;
    } catch (ReflectiveOperationException | LinkageError unusable) {
      return false;
    }
  }

  private static Object create(int port, List<String> arguments) {
    try {
      Object made =
          Class.forName("org.testcontainers.containers.GenericContainer")
              .getConstructor(String.class)
              .newInstance(IMAGE);
      made.getClass()
          .getMethod("setPortBindings", List.class)
          .invoke(made, List.of("127.0.0.1:" + port + ":" + port));
      String[] command = new String[arguments.size() + 1];
      command[0] = "redis-server";
      for (int i = 0; i < arguments.size(); i++) {
        command[i + 1] = arguments.get(i);
      }
      made.getClass().getMethod("withCommand", String[].class).invoke(made, (Object) command);
      return made;
    } catch (ReflectiveOperationException failure) {
      throw unusable("create container", failure);
    }
  }

  @Override
  public String host() {
    return "127.0.0.1";
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public void start() {
    if (call(container, "getContainerId") == null) {
      call(container, "start");
    } else {
      docker("startContainerCmd");
    }
  }

  @Override
  public void limitFiles(long bytes) {
    throw new InvalidStateException(
        "limit files",
        "test Redis",
        "a container has no such limit",
        "Install redis-server instead");
  }

  @Override
  public long pid() {
    throw new InvalidStateException(
        "tell the number", "test Redis", "a container tells none", "Install redis-server instead");
  }

  @Override
  public void kill() {
    docker("killContainerCmd");
  }

  @Override
  public void stop() {
    docker("stopContainerCmd");
  }

  @Override
  public void pause() {
    docker("pauseContainerCmd");
  }

  @Override
  public void resume() {
    docker("unpauseContainerCmd");
  }

  @Override
  public boolean alive() {
    return Boolean.TRUE.equals(call(container, "isRunning"));
  }

  @Override
  public String output() {
    return String.valueOf(call(container, "getLogs"));
  }

  @Override
  public void discard() {
    call(container, "stop");
  }

  private void docker(String command) {
    Object client = call(container, "getDockerClient");
    Object id = call(container, "getContainerId");
    try {
      Object prepared =
          Class.forName("com.github.dockerjava.api.DockerClient")
              .getMethod(command, String.class)
              .invoke(client, id);
      Class.forName("com.github.dockerjava.api.command.SyncDockerCmd")
          .getMethod("exec")
          .invoke(prepared);
    } catch (ReflectiveOperationException failure) {
      throw unusable(command, failure);
    }
  }

  private static @org.jspecify.annotations.Nullable Object call(
      @org.jspecify.annotations.Nullable Object target, String method) {
    if (target == null) {
      return null;
    }
    try {
      return target.getClass().getMethod(method).invoke(target);
    } catch (ReflectiveOperationException failure) {
      throw unusable(method, failure);
    }
  }

  private static InvalidStateException unusable(
      String operation, ReflectiveOperationException failure) {
    Throwable cause = failure instanceof InvocationTargetException ? failure.getCause() : failure;
    return new InvalidStateException(
        operation, "Redis container", String.valueOf(cause), "Install redis-server instead");
  }
}
