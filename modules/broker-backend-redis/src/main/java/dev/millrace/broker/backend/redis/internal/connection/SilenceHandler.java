package dev.millrace.broker.backend.redis.internal.connection;

import io.lettuce.core.protocol.CommandHandler;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection on which commands wait and nothing at all came back for too long: a half-open
 * link. Without it TCP repeats itself for a quarter of an hour before anybody reconnects. Confined
 * to the channel's event loop; the time is the network's own, not the broker's.
 */
final class SilenceHandler extends ChannelDuplexHandler {
  private static final System.Logger LOG = System.getLogger(SilenceHandler.class.getName());

  private final long limitNanos;
  private final String name;
  private long sentAt;
  private boolean unanswered;
  private boolean armed;

  SilenceHandler(Duration limit, String name) {
    this.limitNanos = limit.toNanos();
    this.name = name;
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (!unanswered) {
      unanswered = true;
      sentAt = System.nanoTime();
      arm(context, limitNanos);
    }
    var unused = context.write(message, promise);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    context.fireChannelRead(message);
    // One answer says nothing of those behind it: the link may have broken in between.
    unanswered = awaitsMore(context);
    sentAt = System.nanoTime();
  }

  private static boolean awaitsMore(ChannelHandlerContext context) {
    CommandHandler commands = context.pipeline().get(CommandHandler.class);
    return commands != null && !commands.getStack().isEmpty();
  }

  private void arm(ChannelHandlerContext context, long nanos) {
    if (!armed) {
      armed = true;
      var unused = context.executor().schedule(() -> look(context), nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void look(ChannelHandlerContext context) {
    armed = false;
    if (!unanswered || !context.channel().isActive()) {
      return;
    }
    long left = limitNanos - (System.nanoTime() - sentAt);
    if (left > 0) {
      arm(context, left);
      return;
    }
    LOG.log(
        Level.WARNING,
        "{0} has been silent for {1} ms with commands waiting for an answer: reconnecting",
        name,
        TimeUnit.NANOSECONDS.toMillis(limitNanos));
    var unused = context.close();
  }
}
