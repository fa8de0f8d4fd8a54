package dev.millrace.app;

import dev.millrace.broker.api.Names;
import dev.millrace.broker.api.RetentionReport;
import dev.millrace.broker.api.StreamConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A report on a stream's retention, in lines for a person. */
final class ReportText {
  private final RetentionReport report;
  private final StreamConfig config;
  private final List<String> lines = new ArrayList<>();

  private ReportText(RetentionReport report) {
    this.report = report;
    this.config = report.config();
  }

  static List<String> of(RetentionReport report) {
    var text = new ReportText(report);
    text.state();
    text.plan();
    report.groups().forEach(text::group);
    text.forecast();
    return text.lines;
  }

  private void state() {
    String oldest =
        report.oldest().map(at -> ", the oldest " + Words.ago(at, report.at())).orElse("");
    lines.add(Names.printable(report.stream()) + ": " + Words.entries(report.length()) + oldest);
  }

  private void plan() {
    long wanted =
        report.reasons().stream().mapToLong(RetentionReport.Reason::entries).max().orElse(0);
    report.reasons().forEach(reason -> lines.add("  " + because(reason)));
    report.holds().forEach(hold -> lines.add("  " + held(hold, wanted)));
    if (report.holds().stream().anyMatch(hold -> hold.floor() == RetentionReport.Floor.BACKUP)) {
      return;
    }
    lines.add(
        wanted == 0
            ? "  nothing is to go now"
            : "  " + Words.entries(report.goes(), "goes", "go") + " at the next visit");
  }

  private String because(RetentionReport.Reason reason) {
    String entries = Words.entries(reason.entries(), "is", "are");
    return switch (reason.rule()) {
      case MAX_LENGTH -> entries + " beyond maxLength " + Words.number(config.maxLength());
      case MAX_AGE ->
          entries + " older than maxAge " + config.maxAge().map(Words::exactly).orElse("");
      case MEMORY ->
          entries
              + " to go because memory is short: "
              + percent()
              + " is in use, and streams of priority "
              + config.priority()
              + " shrink from "
              + Math.round(config.priority().shrinksFrom() * 100)
              + " % on";
    };
  }

  private String percent() {
    return Math.round(report.memory().orElse(0) * 100) + " %";
  }

  private String held(RetentionReport.Hold hold, long wanted) {
    String begin = "holds " + Words.number(hold.entries()) + " of " + Words.number(wanted) + ": ";
    return switch (hold.floor()) {
      case MIN_RETENTION_COUNT ->
          begin
              + "the newest "
              + Words.number(config.minRetentionCount())
              + " stay (minRetentionCount)";
      case MIN_RETENTION_TIME ->
          begin
              + "what is younger than "
              + Words.exactly(config.minRetentionTime())
              + " stays (minRetentionTime)";
      case GROUP -> begin + hold.need().map(this::needed).orElse("a group needs them");
      case BACKUP ->
          "nothing goes: a backup is never trimmed; what it holds was accepted, and is drained";
    };
  }

  private String needed(RetentionReport.Need need) {
    String group = "group '" + Names.printable(need.group()) + "' ";
    String message = need.messageId().or(need::position).map(Names::printable).orElse("anything");
    String since = need.since().map(at -> " " + Words.ago(at, report.at())).orElse("");
    if (need.consumer().isPresent()) {
      return group
          + "has not acknowledged "
          + message
          + ", delivered to "
          + Names.printable(need.consumer().get())
          + since;
    }
    return need.why().startsWith("declared")
        ? group + "is declared and has never read; the oldest entry came" + since
        : group + "has not read " + message + ", which came" + since;
  }

  private void group(RetentionReport.Need need) {
    lines.add(
        "  group '"
            + Names.printable(need.group())
            + "': "
            + (need.behind() == 0
                ? "has read and acknowledged everything"
                : "needs "
                    + Words.number(need.behind())
                    + ", "
                    + Words.number(need.pending())
                    + " of them delivered and not acknowledged"
                    + unserved(need)));
  }

  /** Of a group that other programs read nothing is known. */
  private String unserved(RetentionReport.Need need) {
    return need.served() || need.consumer().isPresent()
        ? ""
        : need.lastServed()
            .map(at -> "; nobody has read it for " + Words.about(Duration.between(at, report.at())))
            .orElse("");
  }

  private void forecast() {
    RetentionReport.Forecast forecast = report.forecast();
    var parts = new ArrayList<String>();
    forecast
        .fullIn()
        .ifPresent(
            in ->
                parts.add(
                    in.isZero()
                        ? "it is at maxLength " + Words.number(config.maxLength())
                        : "it reaches maxLength "
                            + Words.number(config.maxLength())
                            + " in "
                            + Words.about(in)));
    forecast
        .settlesAt()
        .ifPresent(at -> parts.add("maxAge keeps it at about " + Words.entries(at)));
    forecast
        .memoryFullIn()
        .ifPresent(
            in ->
                parts.add(
                    in.isZero()
                        ? "the server's memory is full"
                        : "it alone fills the server's memory in " + Words.about(in)));
    if (forecast.addedPerSecond() == 0) {
      parts.add("nothing comes, so it does not fill");
    }
    lines.add(
        "  "
            + Words.rate(forecast.addedPerSecond())
            + (forecast.bytesPerEntry().isPresent()
                ? " of about " + Words.number(forecast.bytesPerEntry().getAsLong()) + " bytes"
                : "")
            + ": "
            + (parts.isEmpty() ? "it does not fill" : String.join("; ", parts)));
  }
}
