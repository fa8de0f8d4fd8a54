package dev.millrace.broker.api.spi;

import java.util.regex.Pattern;

/**
 * A channel, or a pattern of channels: {@code *} stands for one segment between dots, {@code **} at
 * the end for one or more segments. Immutable.
 */
public final class ChannelPattern {
  private final String text;
  private final boolean exact;
  private final Pattern regex;

  private ChannelPattern(String text, boolean exact, Pattern regex) {
    this.text = text;
    this.exact = exact;
    this.regex = regex;
  }

  /** Exactly this channel, whatever characters it has. */
  public static ChannelPattern exactly(String channel) {
    return new ChannelPattern(channel, true, Pattern.compile(Pattern.quote(channel)));
  }

  /** A pattern. */
  public static ChannelPattern of(String pattern) {
    var regex = new StringBuilder();
    String[] segments = pattern.split("\\.", -1);
    for (int i = 0; i < segments.length; i++) {
      if (i > 0) {
        regex.append("\\.");
      }
      boolean rest = segments[i].equals("**") && i == segments.length - 1;
      if (rest) {
        regex.append(".+");
      } else {
        for (String part : segments[i].splitWithDelimiters("\\*", 0)) {
          regex.append(part.equals("*") ? "[^.]*" : Pattern.quote(part));
        }
      }
    }
    return new ChannelPattern(pattern, false, Pattern.compile(regex.toString(), Pattern.DOTALL));
  }

  /** As given. */
  public String text() {
    return text;
  }

  /** Whether it is one channel. */
  public boolean exact() {
    return exact;
  }

  /** Whether a channel matches. */
  public boolean matches(String channel) {
    return exact ? text.equals(channel) : regex.matcher(channel).matches();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ChannelPattern that && that.exact == exact && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode() * 31 + Boolean.hashCode(exact);
  }

  @Override
  public String toString() {
    return text;
  }
}
