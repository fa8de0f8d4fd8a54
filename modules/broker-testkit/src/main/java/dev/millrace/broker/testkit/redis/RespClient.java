package dev.millrace.broker.testkit.redis;

import dev.millrace.broker.api.BackendException;
import dev.millrace.broker.api.BackendUnavailableException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One plain connection to a Redis server: enough to look into it from beside the product. Blocks;
 * not thread-safe.
 */
public final class RespClient implements AutoCloseable {
  private final String address;
  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /**
   * Connects.
   *
   * @param timeout of the connect and of each answer
   * @throws BackendUnavailableException if nothing listens there
   */
  public RespClient(String host, int port, Duration timeout) {
    address = host + ":" + port;
    socket = new Socket();
    try {
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      socket.setSoTimeout((int) timeout.toMillis());
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
      out = new BufferedOutputStream(socket.getOutputStream());
    } catch (IOException failure) {
      close();
      throw unavailable("connect", failure);
    }
  }

  /**
   * Sends a command and waits for the answer.
   *
   * @return a {@code String}, a {@code Long}, a {@code List} of answers, or null for nil; text is
   *     read as UTF-8, an error inside a list stands there as a {@link BackendException}
   * @throws BackendException if the server answers with an error
   * @throws BackendUnavailableException if the connection fails
   */
  public @Nullable Object command(String... words) {
    send(words);
    return answer();
  }

  /** Sends a command without waiting; each needs one {@link #answer()} later. */
  public void send(String... words) {
    try {
      write('*', words.length);
      for (String word : words) {
        byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
        write('$', bytes.length);
        out.write(bytes);
        out.write('\r');
        out.write('\n');
      }
      out.flush();
    } catch (IOException failure) {
      throw unavailable(words[0], failure);
    }
  }

  /** Waits for the next answer; see {@link #command}. */
  public @Nullable Object answer() {
    Object answer;
    try {
      answer = read();
    } catch (IOException failure) {
      throw unavailable("read", failure);
    }
    if (answer instanceof BackendException error) {
      throw error;
    }
    return answer;
  }

  private void write(char kind, int number) throws IOException {
    out.write((kind + Integer.toString(number) + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  private @Nullable Object read() throws IOException {
    String line = line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '+' -> rest;
      case ':' -> Long.valueOf(rest);
      case '-' -> error(rest);
      case '$' -> bulk(Integer.parseInt(rest));
      case '*' -> list(Integer.parseInt(rest));
      default -> throw new IOException("not RESP2: a line that begins with " + line.charAt(0));
    };
  }

  private @Nullable String bulk(int length) throws IOException {
    if (length < 0) {
      return null;
    }
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length || in.read() != '\r' || in.read() != '\n') {
      throw new EOFException("the connection ended inside an answer");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private @Nullable List<@Nullable Object> list(int length) throws IOException {
    if (length < 0) {
      return null;
    }
    var all = new ArrayList<@Nullable Object>(length);
    for (int i = 0; i < length; i++) {
      all.add(read());
    }
    return all;
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the server closed the connection");
      }
      line.append((char) c);
    }
    if (in.read() != '\n' || line.isEmpty()) {
      throw new IOException("not RESP2: a line without its end");
    }
    return line.toString();
  }

  private BackendException error(String text) {
    int space = text.indexOf(' ');
    String code = space < 0 ? text : text.substring(0, space);
    return new BackendException(
        "command", address, code, text, "This is the test server's own answer", null);
  }

  private BackendUnavailableException unavailable(String operation, IOException failure) {
    return new BackendUnavailableException(operation, address, failure.toString(), failure);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException alreadyBroken) {
      // A connection that cannot be closed in good order is closed all the same.
      return;
    }
  }
}
