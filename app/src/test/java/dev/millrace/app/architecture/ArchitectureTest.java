package dev.millrace.app.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.millrace.broker.api.BrokerException;
import dev.millrace.broker.api.spi.BrokerClock;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the classes of the modules may touch; the descriptors are {@link ModulesTest}'s. */
class ArchitectureTest {
  private static final String BROKER = "dev.millrace.broker.";
  private static final String[] PROGRAMS = {
    "dev.millrace.app..", BROKER + "bench..", BROKER + "examples.."
  };
  private static final String[] FEATURES = {
    BROKER + "streams..", BROKER + "pubsub..", BROKER + "rpc..", BROKER + "cleanup.."
  };

  private static JavaClasses code;

  @BeforeAll
  static void readAllModules() {
    Collection<Path> folders = Reactor.modules().values();
    code = new ClassFileImporter().importPaths(folders);
    assertTrue(code.size() > 100, () -> "only " + code.size() + " classes in " + folders);
  }

  /** Library code: neither programs nor what tests are made of. */
  private static DescribedPredicate<JavaClass> library() {
    return DescribedPredicate.not(
            resideInAPackage("dev.millrace.app..")
                .or(resideInAPackage(BROKER + "bench.."))
                .or(resideInAPackage(BROKER + "examples.."))
                .or(resideInAPackage(BROKER + "testkit.."))
                .or(resideInAPackage(BROKER + "test..")))
        .as("library classes");
  }

  @Test
  void apiKnowsTheJdkAndItselfAlone() {
    classes()
        .that()
        .resideInAPackage(BROKER + "api..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", BROKER + "api..", "org.jspecify..")
        .check(code);
  }

  @Test
  void lettuceStaysInTheRedisBackend() {
    // The benchmarks' hand-written loop is Lettuce's by its purpose.
    onlyIn("io.lettuce..", BROKER + "backend.redis..", BROKER + "bench..");
    onlyIn("io.netty..", BROKER + "backend.redis..", BROKER + "bench..");
    onlyIn("reactor..", BROKER + "backend.redis..");
  }

  @Test
  void jacksonStaysInTheCodecAndTheProgram() {
    onlyIn(
        "tools.jackson..", BROKER + "codec.jackson..", "dev.millrace.app..", BROKER + "examples..");
    onlyIn(
        "com.fasterxml.jackson..",
        BROKER + "codec.jackson..",
        "dev.millrace.app..",
        BROKER + "examples..");
  }

  @Test
  void daggerStaysInTheManagerAndTheProgram() {
    onlyIn("dagger..", BROKER + "manager..", "dev.millrace.app..");
  }

  @Test
  void metricsStayInTheManager() {
    onlyIn("com.codahale.metrics..", BROKER + "manager..", "dev.millrace.app..");
  }

  @Test
  void micronautStaysInItsAdapter() {
    onlyIn("io.micronaut..", BROKER + "scheduling.micronaut..");
  }

  private static void onlyIn(String library, String... packages) {
    noClasses()
        .that()
        .resideOutsideOfPackages(packages)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(code);
  }

  @Test
  void featuresDoNotTouchEachOtherOrABackend() {
    for (String feature : FEATURES) {
      noClasses()
          .that()
          .resideInAPackage(feature)
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.millrace.broker..")
                  .and(
                      DescribedPredicate.not(
                          resideInAPackage(BROKER + "api..").or(resideInAPackage(feature)))))
          .allowEmptyShould(true)
          .check(code);
    }
  }

  @Test
  void backendsGuardsAndAdaptersKnowTheApiAlone() {
    for (String backend :
        new String[] {
          BROKER + "backend.memory..",
          BROKER + "backend.redis..",
          BROKER + "guard.jdbc..",
          BROKER + "scheduling.micronaut.."
        }) {
      noClasses()
          .that()
          .resideInAPackage(backend)
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.millrace.broker..")
                  .and(
                      DescribedPredicate.not(
                          resideInAPackage(BROKER + "api..").or(resideInAPackage(backend)))))
          .check(code);
    }
  }

  @Test
  void librariesPrintNothing() {
    noClasses()
        .that(library())
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(code);
  }

  @Test
  void librariesThrowNoBareRuntimeException() {
    noClasses()
        .that(library())
        .and()
        .doNotBelongToAnyOf(BrokerException.class)
        .should()
        .callConstructor(RuntimeException.class, String.class)
        .orShould()
        .callConstructor(RuntimeException.class)
        .orShould()
        .callConstructor(RuntimeException.class, Throwable.class)
        .orShould()
        .callConstructor(RuntimeException.class, String.class, Throwable.class)
        .check(code);
  }

  @Test
  void publicErrorsAreOfOneKind() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .and()
        .arePublic()
        .and()
        .resideInAPackage("dev.millrace.broker..")
        .should()
        .beAssignableTo(BrokerException.class)
        .check(code);
  }

  @Test
  void nothingMutableIsStatic() {
    fields()
        .that()
        .areStatic()
        .and()
        .areDeclaredInClassesThat()
        .resideOutsideOfPackages(PROGRAMS)
        .should()
        .beFinal()
        .check(code);
  }

  @Test
  void timeComesFromTheInjectedClock() {
    noClasses()
        .that(library())
        // How long a socket has been silent is the network's time, which no test clock moves.
        .and()
        .doNotHaveSimpleName("SilenceHandler")
        .and(
            DescribedPredicate.not(
                DescribedPredicate.describe(
                    "a clock", type -> type.isAssignableTo(BrokerClock.class))))
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(code);
  }

  @Test
  void librariesDoNotSleep() {
    noClasses()
        .that(library())
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .check(code);
  }
}
