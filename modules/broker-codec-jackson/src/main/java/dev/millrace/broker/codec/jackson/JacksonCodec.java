package dev.millrace.broker.codec.jackson;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.TypeRef;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON payloads. Nothing in the bytes chooses a class: there is no default typing. Documents deeper
 * than 100 levels are refused before they are bound. Thread-safe.
 *
 * <p>A record or bean in a named module must be opened to Jackson: {@code opens their.package to
 * tools.jackson.databind;}. An error says so where that is what is missing.
 */
public final class JacksonCodec implements PayloadCodec {
  private static final int MAX_DEPTH = 100;
  private static final int MAX_REASON = 300;

  private final JsonMapper mapper;

  /** With the project's own mapper. For {@link java.util.ServiceLoader}. */
  public JacksonCodec() {
    this(defaultMapper());
  }

  /**
   * With a mapper of the application's; its limits and settings hold instead of the project's own.
   */
  public JacksonCodec(JsonMapper mapper) {
    this.mapper = mapper;
  }

  private static JsonMapper defaultMapper() {
    var limits = StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(limits).build()).build();
  }

  @Override
  public String contentType() {
    return "application/json";
  }

  @Override
  public byte[] encode(Object value) {
    try {
      return mapper.writeValueAsBytes(value);
    } catch (JacksonException cannotWrite) {
      throw failure("encode payload", value.getClass(), cannotWrite);
    }
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals")
  public <T> T decode(byte[] bytes, TypeRef<T> type) {
    T value;
    try {
      value = mapper.readValue(bytes, mapper.constructType(type.type()));
    } catch (JacksonException doesNotFit) {
      throw failure("decode payload", type.type(), doesNotFit);
    }
    if (value == null && !acceptsNull(type.type())) {
      throw new CodecException(
          "decode payload",
          type.type().getTypeName(),
          "the payload is JSON null",
          "Send a value, or handle the type as JsonNode",
          null);
    }
    return value;
  }

  private static boolean acceptsNull(Type type) {
    return type == Void.class || (type instanceof Class<?> c && JsonNode.class.isAssignableFrom(c));
  }

  private static CodecException failure(String operation, Type type, JacksonException error) {
    Class<?> raw = rawClass(type);
    String closed = raw == null ? null : closedPackage(raw);
    String advice =
        raw == null || closed == null
            ? "Compare the payload with the type"
            : "Add this line to the module-info of "
                + raw.getModule().getName()
                + ": opens "
                + closed
                + " to tools.jackson.databind;";
    return new CodecException(operation, type.getTypeName(), reason(error), advice, error);
  }

  /** What did not fit and where, without the values: those may be secret. */
  private static String reason(JacksonException error) {
    String text =
        error.getOriginalMessage() == null ? "no reason given" : error.getOriginalMessage();
    text =
        text.lines().findFirst().orElse("").replaceAll("\"[^\"]*\"|'[^']*'|\\([^)]{40,}\\)", "…");
    var at = new StringBuilder();
    if (error instanceof DatabindException bound && !bound.getPath().isEmpty()) {
      at.append(" at ").append(bound.getPathReference().replaceAll("[\\w.$]+\\[", "["));
    }
    var location = error.getLocation();
    if (location != null && location.getLineNr() > 0) {
      at.append(" (line ").append(location.getLineNr());
      at.append(", column ").append(location.getColumnNr()).append(')');
    }
    return Names.printable(text.strip(), MAX_REASON) + Names.printable(at.toString(), MAX_REASON);
  }

  private static @Nullable String closedPackage(Class<?> type) {
    Module module = type.getModule();
    boolean open =
        !module.isNamed()
            || type.getPackageName().startsWith("java.")
            || module.isOpen(type.getPackageName(), JsonMapper.class.getModule());
    return open ? null : type.getPackageName();
  }

  private static @Nullable Class<?> rawClass(Type type) {
    if (type instanceof Class<?> c) {
      return c;
    }
    return type instanceof ParameterizedType p && p.getRawType() instanceof Class<?> c ? c : null;
  }
}
