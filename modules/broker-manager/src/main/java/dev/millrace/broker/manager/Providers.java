package dev.millrace.broker.manager;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BackendProvider;
import dev.millrace.broker.api.spi.BackendUrl;
import dev.millrace.broker.api.spi.TaskScheduling;
import java.util.List;
import java.util.ServiceLoader;
import java.util.TreeSet;

/** Finds backends by the scheme of their URL, and the codec on the path. */
public final class Providers {
  private Providers() {}

  /** Opens the backend at this URL; errors as {@link BackendProvider#open}. */
  public static Backend open(String url, BackendContext context) {
    BackendUrl parsed = BackendUrl.of(url);
    var known = new TreeSet<String>();
    for (BackendProvider provider : all(BackendProvider.class)) {
      if (provider.schemes().contains(parsed.scheme())) {
        return provider.open(parsed, context);
      }
      known.addAll(provider.schemes());
    }
    throw new InvalidConfigException(
        "connect",
        "backend URL",
        List.of(
            "no backend on the path answers to the scheme '"
                + parsed.scheme()
                + "' of "
                + parsed
                + (known.isEmpty()
                    ? "; add a backend, for instance dev.millrace:broker-backend-redis"
                    : "; there are "
                        + String.join(", ", known)
                        + ", for instance memory: or redis://localhost:6379")));
  }

  /** The codec on the path, or one that says that there is none when a payload is first used. */
  public static PayloadCodec codec() {
    return all(PayloadCodec.class).stream().findFirst().orElseGet(MissingCodec::new);
  }

  /** What offers to run periodic work. */
  static List<TaskScheduling.Provider> schedulings() {
    return all(TaskScheduling.Provider.class);
  }

  private static <S> List<S> all(Class<S> service) {
    List<S> found = ServiceLoader.load(service).stream().map(ServiceLoader.Provider::get).toList();
    return found.isEmpty()
        ? ServiceLoader.load(service, Providers.class.getClassLoader()).stream()
            .map(ServiceLoader.Provider::get)
            .toList()
        : found;
  }

  /**
   * Streams of plain fields need no codec, so its absence is an error only where a payload is sent
   * or read.
   */
  private static final class MissingCodec implements PayloadCodec {
    @Override
    public String contentType() {
      return "application/octet-stream";
    }

    @Override
    public byte[] encode(Object value) {
      throw missing("encode payload", value.getClass().getName());
    }

    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals")
    public <T> T decode(byte[] bytes, TypeRef<T> type) {
      throw missing("decode payload", type.toString());
    }

    private static CodecException missing(String operation, String type) {
      return new CodecException(
          operation,
          type,
          "there is no codec on the path",
          "Add dev.millrace:broker-codec-jackson, or give one to BrokerConfig.codec",
          null);
    }
  }
}
