package dev.millrace.broker.manager;

import dagger.Component;
import dev.millrace.broker.api.Broker;
import dev.millrace.broker.api.StreamManager;
import dev.millrace.broker.manager.dagger.MillraceModule;
import jakarta.inject.Singleton;

/** The object graph of one broker. */
@Singleton
@Component(modules = MillraceModule.class)
interface BrokerGraph {
  Broker broker();

  StreamManager streams();
}
