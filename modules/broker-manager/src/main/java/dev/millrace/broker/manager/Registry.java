package dev.millrace.broker.manager;

import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.ComponentInfo;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.NameTakenException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.UnknownNameException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The named components. A name is reserved before its component is made, so that of two that ask
 * for it at once one is refused.
 */
final class Registry {
  private static final int MAX_DISTANCE = 3;
  private static final int MAX_MATCHES = 3;

  private final ConcurrentHashMap<String, Slot> slots = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private static final class Slot {
    final String kind;
    volatile @Nullable Component component;

    Slot(String kind) {
      this.kind = kind;
    }
  }

  /**
   * Makes and keeps a component, or keeps nothing when that fails.
   *
   * @param make given what the component runs when it is closed
   */
  <C extends Component> C add(
      String operation, String name, String kind, Function<Runnable, C> make) {
    var slot = new Slot(kind);
    Slot taken = slots.putIfAbsent(name, slot);
    if (taken != null) {
      throw new NameTakenException(operation, name, taken.kind);
    }
    boolean added = false;
    try {
      if (closed) {
        throw closedManager(operation, name);
      }
      C component = make.apply(() -> slots.remove(name, slot));
      slot.component = component;
      if (closed) {
        component.close();
        throw closedManager(operation, name);
      }
      added = true;
      return component;
    } finally {
      if (!added) {
        slots.remove(name, slot);
      }
    }
  }

  /** Refuses names that no component of an application may have. */
  static void checkName(String name) {
    Names.check("component name", name);
    if (name.startsWith(Cleaners.PREFIX)) {
      throw new InvalidConfigException(
          "create component",
          name,
          List.of(
              "names that begin with '" + Cleaners.PREFIX + "' are for cleaners; choose another"));
    }
  }

  /**
   * The component, started; or closed, so that it gives back what it holds, when it cannot start.
   */
  static <C extends Component> C started(C component) {
    try {
      component.start();
      return component;
    } catch (RuntimeException cannotStart) {
      component.close();
      throw cannotStart;
    }
  }

  private static InvalidStateException closedManager(String operation, String name) {
    return new InvalidStateException(
        operation, name, "the manager is shut down", "Make a new manager");
  }

  /** No component can be added any more. */
  void close() {
    closed = true;
  }

  Optional<Component> find(String name) {
    Slot slot = slots.get(name);
    return slot == null ? Optional.empty() : Optional.ofNullable(slot.component);
  }

  <C extends Component> C require(String operation, String name, Class<C> type, String kind) {
    return find(name)
        .filter(type::isInstance)
        .map(type::cast)
        .orElseThrow(() -> new UnknownNameException(operation, name, kind, near(name, type)));
  }

  <C extends Component> List<C> all(Class<C> type) {
    return slots.values().stream()
        .map(slot -> slot.component)
        .filter(type::isInstance)
        .map(type::cast)
        .sorted(Comparator.comparing(Component::name))
        .toList();
  }

  List<ComponentInfo> infos(Class<? extends Component> type) {
    return all(type).stream().map(Component::info).toList();
  }

  private List<String> near(String name, Class<? extends Component> type) {
    record Match(String name, int distance) {}
    return all(type).stream()
        .map(component -> new Match(component.name(), Distance.between(name, component.name())))
        .filter(
            match ->
                match.distance() <= MAX_DISTANCE
                    || match.name().startsWith(name)
                    || name.startsWith(match.name()))
        .sorted(Comparator.comparingInt(Match::distance).thenComparing(Match::name))
        .limit(MAX_MATCHES)
        .map(Match::name)
        .toList();
  }
}
