package dev.millrace.broker.api;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * Names a generic type: {@code new TypeRef<List<Order>>() {}}. Immutable.
 *
 * @param <T> the type named
 */
public abstract class TypeRef<T> {
  private final Type type;

  /** For the anonymous subclass that carries the type argument. */
  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)) {
      throw new IllegalStateException("write new TypeRef<SomeType>() {} with a type argument");
    }
    this.type = parent.getActualTypeArguments()[0];
  }

  private TypeRef(Class<T> type) {
    this.type = type;
  }

  /** The reference to a plain class. */
  public static <T> TypeRef<T> of(Class<T> type) {
    return new TypeRef<>(type) {};
  }

  /** The type as reflection has it. */
  public final Type type() {
    return type;
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof TypeRef<?> that && that.type.equals(type);
  }

  @Override
  public final int hashCode() {
    return type.hashCode();
  }

  @Override
  public final String toString() {
    return type.getTypeName();
  }
}
