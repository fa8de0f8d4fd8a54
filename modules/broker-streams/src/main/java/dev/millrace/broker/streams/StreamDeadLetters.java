package dev.millrace.broker.streams;

import dev.millrace.broker.api.DeadLetter;
import dev.millrace.broker.api.DeadLetters;
import dev.millrace.broker.api.InvalidConfigException;
import dev.millrace.broker.api.Redrive;
import dev.millrace.broker.api.RedriveReport;
import dev.millrace.broker.api.spi.GroupRef;
import dev.millrace.broker.api.spi.History;
import dev.millrace.broker.api.spi.History.Recorded;
import dev.millrace.broker.api.spi.Mover;
import dev.millrace.broker.api.spi.Mover.GivenBack;
import dev.millrace.broker.api.spi.Position;
import dev.millrace.broker.api.spi.Stages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lists a dead-letter stream and sends letters back. */
public final class StreamDeadLetters implements DeadLetters {
  private static final String REDRIVE = "redrive";
  private static final int PAGE = Mover.MOST;

  private final StreamsContext context;
  private final String stream;
  private final GroupRef origin;
  private final History history;
  private final Mover mover;

  /**
   * Of a stream, on a backend with {@link History} and {@link Mover}.
   *
   * @param origin where letters come from that do not say it: foreign entries. With an empty stream
   *     they stay where they are
   */
  public StreamDeadLetters(StreamsContext context, String stream, GroupRef origin) {
    this.context = context;
    this.stream = stream;
    this.origin = origin;
    this.history = context.backend().facet(History.class).orElseThrow();
    this.mover = context.backend().facet(Mover.class).orElseThrow();
  }

  @Override
  public String stream() {
    return stream;
  }

  @Override
  public List<DeadLetter> list(int max) {
    return letters(Optional.empty(), max);
  }

  @Override
  public List<DeadLetter> listAfter(String position, int max) {
    return letters(Optional.of(new Position(position)), max);
  }

  private List<DeadLetter> letters(Optional<Position> after, int max) {
    if (max < 1) {
      throw new InvalidConfigException(
          "list dead letters", stream, List.of("max " + max + ": give at least 1"));
    }
    var letters = new ArrayList<DeadLetter>();
    LetterPages pages = new LetterPages(this::scan, after);
    List<Recorded> page;
    do {
      page = pages.next(max - letters.size());
      page.forEach(each -> letters.add(LetterHeaders.read(each, origin)));
    } while (!page.isEmpty() && letters.size() < max);
    return List.copyOf(letters);
  }

  private List<Recorded> scan(Optional<Position> after, int max) {
    return Stages.await(
        history.scan(stream, after, max), context.patience(), "list dead letters", stream);
  }

  @Override
  public RedriveReport redrive(Redrive which) {
    long there =
        Stages.await(context.backend().log().describe(stream), context.patience(), REDRIVE, stream)
            .length();
    var run = new Run(which);
    LetterPages pages = new LetterPages(this::scan, Optional.empty());
    // No more than there were: what dies again meanwhile stands behind them.
    while (there > 0 && run.wantsMore()) {
      List<Recorded> page = pages.next(there);
      if (page.isEmpty()) {
        break;
      }
      page.forEach(run::offer);
      there -= page.size();
    }
    return run.finish();
  }

  /** One redrive. Used by one thread. */
  private final class Run {
    private final Redrive which;
    private final Pace pace;
    private final int step;
    private final List<DeadLetter> shown = new ArrayList<>();
    private final Map<GroupRef, List<GivenBack>> waiting = new LinkedHashMap<>();
    private int gathered;
    private long gatheredBytes;
    private long selected;
    private long moved;

    Run(Redrive which) {
      this.which = which;
      this.pace = new Pace(context.clock(), which.perSecond());
      this.step = pace.step(PAGE);
    }

    boolean wantsMore() {
      return which.atMost().isEmpty() || selected < which.atMost().getAsLong();
    }

    void offer(Recorded recorded) {
      DeadLetter letter = LetterHeaders.read(recorded, origin);
      if (!wantsMore() || letter.stream().isEmpty() || !which.selects(letter)) {
        return;
      }
      selected++;
      if (shown.size() < RedriveReport.SHOWN) {
        shown.add(letter);
      }
      if (which.isDryRun()) {
        return;
      }
      waiting
          .computeIfAbsent(
              new GroupRef(letter.stream(), letter.group()), group -> new ArrayList<>())
          .add(
              new GivenBack(
                  recorded.position(),
                  LetterHeaders.redriven(recorded.entry(), letter),
                  LetterHeaders.deliveries(recorded.entry(), letter)));
      gathered++;
      gatheredBytes += LetterPages.bytes(recorded);
      if (gathered == step || gatheredBytes >= LetterPages.PAGE_BYTES) {
        send();
      }
    }

    RedriveReport finish() {
      send();
      return new RedriveReport(which.isDryRun(), selected, moved, shown);
    }

    private void send() {
      if (gathered == 0) {
        return;
      }
      pace.before(gathered, REDRIVE, stream);
      waiting.forEach(
          (group, entries) -> {
            List<Boolean> done =
                Stages.await(
                    mover.giveBack(stream, group, entries), context.patience(), REDRIVE, stream);
            moved += done.stream().filter(Boolean::booleanValue).count();
          });
      waiting.clear();
      gathered = 0;
      gatheredBytes = 0;
    }
  }
}
