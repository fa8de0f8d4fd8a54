package dev.millrace.broker.backend.redis.internal.reader;

import dev.millrace.broker.api.spi.GroupRef;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;

/**
 * The arguments of an XACK, its ids in one piece: every message passes here. They can be {@link
 * #forget forgotten}, for Lettuce's queue of commands leads from one that has been answered to all
 * later ones; one that has grown old would keep them, and all that they hold, until the collector
 * looks through the whole heap.
 */
final class AckArgs extends CommandArgs<String, byte[]> {
  private static final byte[] NOTHING = {};

  /** {@code $}, two digits, twice {@code \r\n}: no id is longer than two numbers of 64 bits. */
  private static final int AROUND = 7;

  private final int size;
  private byte[] ids;

  AckArgs(GroupRef group, String[] ids) {
    super(ReadOutput.CODEC);
    addKey(group.stream());
    add(group.group());
    this.size = ids.length;
    this.ids = bulkStrings(ids);
  }

  private static byte[] bulkStrings(String[] ids) {
    int length = 0;
    for (String id : ids) {
      length += id.length() + (id.length() < 10 ? AROUND - 1 : AROUND);
    }
    byte[] bytes = new byte[length];
    int at = 0;
    for (String id : ids) {
      int digits = id.length();
      bytes[at++] = '$';
      if (digits >= 10) {
        bytes[at++] = (byte) ('0' + digits / 10);
      }
      bytes[at++] = (byte) ('0' + digits % 10);
      at = endLine(bytes, at);
      for (int i = 0; i < digits; i++) {
        bytes[at++] = (byte) id.charAt(i);
      }
      at = endLine(bytes, at);
    }
    return bytes;
  }

  private static int endLine(byte[] bytes, int at) {
    bytes[at] = '\r';
    bytes[at + 1] = '\n';
    return at + 2;
  }

  @Override
  public int count() {
    return super.count() + size;
  }

  @Override
  public void encode(ByteBuf buffer) {
    super.encode(buffer);
    buffer.writeBytes(ids);
  }

  /** The command has been answered and will not be sent again. */
  void forget() {
    ids = NOTHING;
  }
}
