package dev.millrace.broker.backend.redis.internal.reader;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.broker.api.spi.GroupRef;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class AckArgsTest {
  private static final GroupRef GROUP = new GroupRef("str\u00f6m", "gr\u00fcppe");
  private static final String[] IDS = {
    "0-1", "12345-678", "1234567-89", "1700000000000-0", "18446744073709551615-18446744073709551615"
  };

  @Test
  void writesWhatSingleArgumentsWould() {
    var single = new CommandArgs<>(ReadOutput.CODEC).addKey(GROUP.stream()).add(GROUP.group());
    for (String id : IDS) {
      single.add(id);
    }
    var args = new AckArgs(GROUP, IDS);
    assertEquals(single.count(), args.count());
    assertEquals(encoded(single), encoded(args));
    assertEquals(single.getFirstEncodedKey(), args.getFirstEncodedKey());
  }

  @Test
  void forgetsItsIds() {
    var args = new AckArgs(GROUP, IDS);
    args.forget();
    for (String id : IDS) {
      assertFalse(encoded(args).contains(id), id);
    }
  }

  private static String encoded(CommandArgs<String, byte[]> args) {
    var buffer = Unpooled.buffer();
    args.encode(buffer);
    return buffer.toString(US_ASCII);
  }
}
