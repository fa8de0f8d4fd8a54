package dev.millrace.broker.backend.redis.internal.log;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.IntegerOutput;
import java.nio.ByteBuffer;

/**
 * A number, or {@link #ELSEWHERE} where a node says that the slot is on its way to another one and
 * the key is not here any more: hidden from Lettuce, which would go there.
 */
final class AskOutput extends IntegerOutput<String, byte[]> {
  /** Nothing was executed: the node said ASK. */
  static final long ELSEWHERE = -1;

  AskOutput(RedisCodec<String, byte[]> codec) {
    super(codec);
  }

  @Override
  public void setError(ByteBuffer error) {
    setError(decodeString(error));
  }

  @Override
  public void setError(String error) {
    // Lettuce clears an error with null.
    if (error != null && error.startsWith("ASK ")) {
      output = ELSEWHERE;
    } else {
      super.setError(error);
    }
  }
}
