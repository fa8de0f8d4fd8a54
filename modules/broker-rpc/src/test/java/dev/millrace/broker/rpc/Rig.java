package dev.millrace.broker.rpc;

import dev.millrace.broker.api.CodecException;
import dev.millrace.broker.api.Component;
import dev.millrace.broker.api.PayloadCodec;
import dev.millrace.broker.api.RequestClient;
import dev.millrace.broker.api.RequestServer;
import dev.millrace.broker.api.TypeRef;
import dev.millrace.broker.api.spi.Backend;
import dev.millrace.broker.api.spi.BackendContext;
import dev.millrace.broker.api.spi.BrokerClock;
import dev.millrace.broker.api.spi.InstanceNames;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.backend.memory.MemoryBackend;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Clients and servers as of several processes, on one store in memory. */
final class Rig implements AutoCloseable {
  static final String STREAM = "tasks";
  static final TypeRef<String> TEXT = TypeRef.of(String.class);

  private final String store = UUID.randomUUID().toString();
  private final List<AutoCloseable> made = new ArrayList<>();
  private final Duration lease;
  private int count;

  Rig() {
    this(Duration.ofSeconds(30));
  }

  Rig(Duration lease) {
    this.lease = lease;
  }

  /** Writes texts as they are. */
  private static final class Texts implements PayloadCodec {
    @Override
    public String contentType() {
      return "text/plain";
    }

    @Override
    public byte[] encode(Object value) {
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T decode(byte[] bytes, TypeRef<T> type) {
      var text = new String(bytes, StandardCharsets.UTF_8);
      if (type.type() != Integer.class) {
        return (T) text;
      }
      try {
        return (T) Integer.valueOf(text);
      } catch (NumberFormatException none) {
        throw new CodecException("decode", type.toString(), "it is no number", "Send one", none);
      }
    }
  }

  Backend backend() {
    var context =
        new BackendContext("test", InstanceNames.unique(), BrokerClock.system(), Telemetry.none());
    Backend opened = MemoryBackend.open(store, context);
    made.addFirst(opened);
    return opened;
  }

  Rpc rpc() {
    return rpc(backend());
  }

  Rpc rpc(Backend backend) {
    return new Rpc(
        new RpcContext(
            backend,
            new Texts(),
            BrokerClock.system(),
            new Random(++count),
            Telemetry.none(),
            10_000,
            Duration.ofSeconds(30),
            lease,
            Duration.ofSeconds(5),
            Duration.ofSeconds(5)));
  }

  /** Started. */
  RequestClient client() {
    return started(rpc().client("client-" + ++count, STREAM, () -> {}));
  }

  /** Not started. */
  RequestServer server(int slots) {
    return keep(rpc().server("server-" + ++count, STREAM, slots, () -> {}));
  }

  <C extends Component> C started(C component) {
    keep(component);
    component.start();
    return component;
  }

  private <C extends Component> C keep(C component) {
    made.addFirst(component);
    return component;
  }

  static long count(Component component, String what) {
    return component.info().counts().get(what);
  }

  /** Newest first, so that components go before their backends. */
  @Override
  public void close() throws Exception {
    for (AutoCloseable each : made) {
      each.close();
    }
  }
}
