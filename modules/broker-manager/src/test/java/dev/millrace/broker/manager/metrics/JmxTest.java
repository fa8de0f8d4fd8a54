package dev.millrace.broker.manager.metrics;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.codahale.metrics.MetricRegistry;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.BrokerConfig;
import dev.millrace.broker.api.Fields;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.api.spi.Telemetry;
import dev.millrace.broker.testkit.redis.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** What the platform's server of JMX shows. */
class JmxTest {
  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  /** No other test's. */
  private final String app = "shop-" + UUID.randomUUID();

  private StreamManager shown(String appName) {
    return StreamManager.connect(
        "memory:", BrokerConfig.builder().appName(appName).jmx(true).build());
  }

  private Set<ObjectName> names(String rest) throws Exception {
    return server.queryNames(new ObjectName("dev.millrace:app=" + app + rest), null);
  }

  private long count(ObjectName name) throws Exception {
    return (long) server.getAttribute(name, "Count");
  }

  @Test
  void measuresAreShownFromTheFirstToTheLastAndTheirNumbersWithThem() throws Exception {
    try (var manager = shown(app)) {
      var producer = manager.createSimpleProducer("out", "orders");
      producer.send(Fields.of("n", 1));
      var accepted =
          new ObjectName(
              "dev.millrace:app=" + app + ",broker=1,type=producer,name=out,measure=accepted");
      assertEquals(1, count(accepted));
      producer.close();
      assertEquals(Set.of(), names(",broker=1,type=producer,*"), "the producer is closed");
      assertTrue(
          server.isRegistered(new ObjectName("dev.millrace:app=" + app + ",broker=1,type=broker")));
    }
    assertEquals(Set.of(), names(",*"));
  }

  @Test
  void ofABrokerOnRedisAllIsShownWhileItRunsAndNothingOnceItIsClosed() throws Exception {
    try (var redis = RedisServer.startOwn()) {
      try (Broker broker = Broker.connect(redis.url(), b -> b.appName(app).jmx(true))) {
        broker.onTask("SHIP", String.class, order -> {});
        broker.onEvent("news", String.class, text -> {});
        broker.onRequest("ECHO", String.class, text -> text);
        broker.start();
        broker.enqueue("SHIP", "an order");
        broker.publish("news", "shipped");
        assertEquals("x", broker.request("ECHO", "x", String.class, Duration.ofSeconds(20)));
        for (String measure :
            List.of(
                "type=producer,measure=accepted",
                "type=consumer,measure=handled",
                "type=events,measure=published",
                "type=subscription,measure=handled",
                "type=request_client,measure=ok",
                "type=request_server,measure=handled")) {
          await().until(() -> sum(measure) == 1);
        }
        assertTrue(!names(",type=cleaner,measure=visits,*").isEmpty(), "its cleaner");
        assertEquals(0, sum("type=reader,measure=lost"), "what the backend itself measures");
        assertTrue(!names(",type=reader,measure=lost,*").isEmpty(), "and it is there");
      }
      assertEquals(Set.of(), names(",*"));
    }
  }

  private long sum(String measure) throws Exception {
    long sum = 0;
    for (ObjectName each : names("," + measure + ",*")) {
      sum += count(each);
    }
    return sum;
  }

  @Test
  void nothingIsShownUnlessAskedFor() throws Exception {
    var config = BrokerConfig.builder().appName(app).build();
    try (var manager = StreamManager.connect("memory:", config)) {
      manager.createSimpleProducer("out", "orders").send(Fields.of("n", 1));
      assertEquals(Set.of(), names(",*"));
    }
  }

  @Test
  void twoBrokersOfOneNameAreTwo() throws Exception {
    try (var one = shown(app);
        var two = shown(app)) {
      one.createSimpleProducer("out", "orders").send(Fields.of("n", 1));
      var of = two.createSimpleProducer("out", "orders");
      of.send(Fields.of("n", 1));
      of.send(Fields.of("n", 2));
      var seen = names(",type=producer,name=out,measure=accepted,*");
      assertEquals(2, seen.size(), seen::toString);
      long sum = 0;
      for (ObjectName each : seen) {
        sum += count(each);
      }
      assertEquals(3, sum);
    }
    assertEquals(Set.of(), names(",*"));
  }

  @Test
  void namesWithSignsThatJmxUsesAreQuoted() throws Exception {
    try (var manager = shown(app)) {
      String odd = "out,of=order:\"a.b\" *?";
      manager.createSimpleProducer(odd, "orders").send(Fields.of("n", 1));
      var name =
          new ObjectName(
              "dev.millrace:app="
                  + app
                  + ",broker=1,type=producer,name="
                  + ObjectName.quote(odd)
                  + ",measure=accepted");
      assertEquals(1, count(name));
    }
    assertEquals(Set.of(), names(",*"));
  }

  @Test
  void onlyMillracesPartOfAnApplicationsRegistryIsShown() throws Exception {
    var registry = new MetricRegistry();
    registry.counter("logins");
    var config =
        BrokerConfig.builder().appName(app).jmx(true).telemetry(Metrics.in(registry)).build();
    try (var manager = StreamManager.connect("memory:", config)) {
      manager.createSimpleProducer("out", "orders");
      assertTrue(names(",*").size() > 5);
      assertTrue(names(",*").stream().noneMatch(name -> name.toString().contains("logins")));
    }
    assertEquals(Set.of("logins"), registry.getNames());
  }

  @Test
  void oneThatIsClosedShowsNothingThoughAnotherMeasuresIntoTheSameRegistry() throws Exception {
    var telemetry = Metrics.in(new MetricRegistry());
    var config = BrokerConfig.builder().appName(app).jmx(true).telemetry(telemetry).build();
    try (var stays = StreamManager.connect("memory:", config)) {
      stays.createSimpleProducer("out", "orders");
      var goes = StreamManager.connect("memory:", config);
      assertTrue(!names(",broker=2,type=producer,*").isEmpty(), "it shows the whole registry");
      goes.close();
      assertEquals(Set.of(), names(",broker=2,*"));
      assertTrue(!names(",broker=1,type=producer,*").isEmpty(), "the other shows it still");
    }
    assertEquals(Set.of(), names(",*"));
  }

  @Test
  void whatIsNotMeasuredCannotBeShown() {
    var config = BrokerConfig.builder().appName(app).jmx(true).telemetry(Telemetry.none()).build();
    var refused =
        assertThrows(InvalidConfigException.class, () -> StreamManager.connect("memory:", config));
    assertTrue(refused.getMessage().contains("Metrics.in(registry)"), refused::getMessage);
  }
}
