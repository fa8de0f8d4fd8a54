package dev.millrace.broker.manager.metrics;

import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.jmx.JmxReporter;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.InvalidStateException;
import dev.millrace.broker.api.spi.Telemetry;
import java.util.List;
import java.util.regex.Pattern;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * Shows Millrace's metrics of one registry by JMX, as {@code
 * dev.millrace:app=shop,broker=1,type=consumer,name=orders,measure=handled}. {@code broker} counts
 * the managers of one application's name in this process.
 */
public final class Jmx implements AutoCloseable {
  private static final String DOMAIN = "dev.millrace";
  private static final Pattern PLAIN = Pattern.compile("[\\w.-]+");

  private final MBeanServer server;
  private final ObjectName broker;
  private final JmxReporter reporter;

  private record Broker(String instance) implements BrokerMXBean {
    @Override
    public String getInstance() {
      return instance;
    }
  }

  private Jmx(MBeanServer server, ObjectName broker, JmxReporter reporter) {
    this.server = server;
    this.broker = broker;
    this.reporter = reporter;
  }

  /**
   * Shows what is there and what comes, until it is closed.
   *
   * @param appName the application's name
   * @param instance the instance's name, unique over all processes
   * @throws InvalidConfigException if it does not measure into a registry
   * @throws InvalidStateException if the server of JMX refuses
   */
  public static Jmx open(Telemetry telemetry, String appName, String instance, MBeanServer server) {
    MetricRegistry registry =
        Metrics.registry(telemetry)
            .orElseThrow(
                () ->
                    new InvalidConfigException(
                        "show by JMX",
                        appName,
                        List.of(
                            "jmx(true) needs measurements in a registry, and there are none;"
                                + " leave telemetry(…) out, or give it Metrics.in(registry)")));
    String prefix = "";
    ObjectName claimed = null;
    for (int number = 1; claimed == null; number++) {
      prefix = DOMAIN + ":app=" + value(appName) + ",broker=" + number;
      claimed = claim(server, prefix + ",type=broker", instance);
    }
    String first = prefix;
    JmxReporter reporter =
        JmxReporter.forRegistry(registry)
            .registerWith(server)
            .filter((name, metric) -> name.startsWith(Metrics.PREFIX))
            .createsObjectNamesWith((type, domain, name) -> objectName(first, name))
            .build();
    reporter.start();
    return new Jmx(server, claimed, reporter);
  }

  /** Null: another manager has it. */
  private static @Nullable ObjectName claim(MBeanServer server, String name, String instance) {
    try {
      var broker = new ObjectName(name);
      server.registerMBean(new Broker(instance), broker);
      return broker;
    } catch (InstanceAlreadyExistsException taken) {
      return null;
    } catch (JMException refused) {
      throw refused(name, refused);
    }
  }

  /** Of {@code millrace.consumer.handled.orders}, whose last word may have dots. */
  private static ObjectName objectName(String prefix, String metric) {
    String[] words = metric.split("\\.", 4);
    String name =
        words.length < 4
            ? prefix + ",type=other,name=" + value(metric)
            : prefix + ",type=" + words[1] + ",name=" + value(words[3]) + ",measure=" + words[2];
    try {
      return new ObjectName(name);
    } catch (JMException refused) {
      throw refused(name, refused);
    }
  }

  private static InvalidStateException refused(String name, JMException why) {
    var refusal =
        new InvalidStateException(
            "show by JMX",
            name,
            "the server of JMX refuses: " + why,
            "Look at the security policy of this JVM, or leave jmx(true) out");
    refusal.initCause(why);
    return refusal;
  }

  /** Quoted where a name of JMX could not have it. */
  private static String value(String text) {
    return PLAIN.matcher(text).matches() ? text : ObjectName.quote(text);
  }

  /** Nothing of it is shown any more. Idempotent. */
  @Override
  public void close() {
    reporter.close();
    try {
      server.unregisterMBean(broker);
    } catch (InstanceNotFoundException gone) {
      // As it should be.
    } catch (JMException refused) {
      throw refused(broker.toString(), refused);
    }
  }
}
