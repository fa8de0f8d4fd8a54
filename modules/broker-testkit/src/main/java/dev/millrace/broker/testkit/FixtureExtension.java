package dev.millrace.broker.testkit;

import java.util.function.Supplier;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test of the contract suite its fixture. A backend's test registers one and nests the
 * contracts:
 *
 * <pre>{@code
 * class MemoryContractTest {
 *   @RegisterExtension static final FixtureExtension FIXTURE = new FixtureExtension(MemoryFixture::new);
 *
 *   @Nested class Streams extends StreamLogContract {}
 * }
 * }</pre>
 */
public final class FixtureExtension implements ParameterResolver {
  private static final ExtensionContext.Namespace FIXTURES =
      ExtensionContext.Namespace.create(FixtureExtension.class);

  private final Supplier<? extends BackendFixture> fixtures;

  /** Makes a fixture for each test by this. */
  public FixtureExtension(Supplier<? extends BackendFixture> fixtures) {
    this.fixtures = fixtures;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == BackendFixture.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return context
        .getStore(FIXTURES)
        .computeIfAbsent(context.getUniqueId(), id -> fixtures.get(), BackendFixture.class);
  }
}
