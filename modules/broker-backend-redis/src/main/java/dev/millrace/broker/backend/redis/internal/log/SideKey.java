package dev.millrace.broker.backend.redis.internal.log;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * A key beside a stream, taken apart. Where its stream ends and its group begins cannot be told
 * from the name alone: both may have {@code /}.
 *
 * @param key the key
 * @param base the name in braces
 * @param kind its kind
 * @param rest what follows behind the kind; empty: nothing
 */
public record SideKey(String key, String base, KeyKind kind, String rest) {
  /** Takes a key apart; empty: it is none of ours. */
  public static Optional<SideKey> of(String key) {
    int end = key.indexOf('}');
    if (!key.startsWith("{") || end < 2 || end + 1 >= key.length() || key.charAt(end + 1) != ':') {
      return Optional.empty();
    }
    String[] parts = key.substring(end + 2).split(":", 2);
    String rest = parts.length > 1 ? parts[1] : "";
    return KeyKind.of(parts[0])
        .filter(kind -> kind.takes(rest))
        .map(kind -> new SideKey(key, key.substring(1, end), kind, rest));
  }

  /**
   * Whose it is: of a stream, or of one beside it. Where the name allows both it is the longest of
   * the streams that are known, and else what Millrace writes itself.
   *
   * @param known names of streams that are there, or that other keys tell of
   */
  public Home home(Collection<String> known) {
    if (kind == KeyKind.EFFECT || rest.isEmpty()) {
      return new Home(base, rest);
    }
    return known.stream()
        .filter(stream -> stream.startsWith("{" + base + "}:"))
        .map(stream -> new Home(stream, rest).behind(base))
        .flatMap(Optional::stream)
        .filter(home -> !home.name().isEmpty() || !kind.namesSomething())
        .max(Comparator.comparingInt(home -> home.stream().length()))
        .orElseGet(this::guessed);
  }

  /** A side stream's name has one word, or the word and a group: the rest is the key's. */
  private Home guessed() {
    String[] words = rest.split("/", 3);
    KeyKind beside = KeyKind.of(words[0]).filter(KeyKind::sideStream).orElse(null);
    if (beside == null) {
      return new Home(base, rest);
    }
    boolean alone = beside.takes("");
    int own = alone ? 1 : 2;
    if (words.length <= own && kind.namesSomething()) {
      return new Home(base, rest);
    }
    String name = String.join("/", Arrays.copyOfRange(words, own, words.length));
    String stream = "{" + base + "}:" + String.join(":", Arrays.copyOf(words, own));
    return new Home(stream, name);
  }

  /**
   * A stream and what of it a key names.
   *
   * @param stream the stream
   * @param name the group, or what else the kind has; empty: nothing
   */
  public record Home(String stream, String name) {
    /** Takes the stream's part off the name; empty: the name does not begin with it. */
    Optional<Home> behind(String base) {
      String own = stream.substring(base.length() + 3).replace(':', '/');
      if (name.equals(own)) {
        return Optional.of(new Home(stream, ""));
      }
      return name.startsWith(own + "/")
          ? Optional.of(new Home(stream, name.substring(own.length() + 1)))
          : Optional.empty();
    }
  }

  /** What it is, in words. */
  public String words(Home home) {
    String what = home.name().isEmpty() ? kind.words() : kind.words() + " '" + home.name() + "'";
    return home.stream().equals(base) ? what : what + " of '" + home.stream() + "'";
  }

  /** The stream that the key is beside, as far as the name tells. */
  public String stream() {
    boolean besideASideStream =
        kind.owner() == KeyKind.Owner.STREAM && kind != KeyKind.DEAD && !rest.isEmpty();
    return besideASideStream ? "{" + base + "}:" + rest.replaceFirst("/", ":") : base;
  }
}
