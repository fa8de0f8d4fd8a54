package dev.millrace.broker.testkit.contract;

import dev.millrace.broker.api.Drop;
import dev.millrace.broker.api.spi.StreamState;
import dev.millrace.broker.api.spi.Trimming.Facts;
import dev.millrace.broker.api.spi.Trimming.Mark;
import dev.millrace.broker.api.spi.Trimming.Need;
import dev.millrace.broker.api.spi.Trimming.Report;
import dev.millrace.broker.testkit.contract.RetentionCase.Added;
import dev.millrace.broker.testkit.contract.RetentionCase.Group;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Holds what a backend answered against the model. */
final class RetentionChecks {
  private final RetentionRun run;
  private final RetentionCase given;
  private final RetentionModel model;
  private final List<String> faults = new ArrayList<>();

  private RetentionChecks(RetentionRun run) {
    this.run = run;
    this.given = run.given();
    this.model = new RetentionModel(given);
  }

  /** Every difference, in words; none: they agree. */
  static List<String> faultsOf(RetentionRun run) {
    return new RetentionChecks(run).all();
  }

  private List<String> all() {
    whatIsGone();
    slices();
    dryRuns();
    drops();
    facts("before", run.before(), given.entries());
    facts("after", run.after(), model.left());
    pending();
    same("count", (long) RetentionRun.middle(given), run.countedBefore());
    return faults;
  }

  private void same(String what, Object expected, Object actual) {
    if (!expected.equals(actual)) {
      faults.add(what + " is " + actual + " and not " + expected);
    }
  }

  private void whatIsGone() {
    same("left", ids(model.left()), run.left());
    var left = new HashSet<>(run.left());
    List<String> lost =
        model.groups().stream()
            .flatMap(
                name ->
                    given.entries().stream()
                        .filter(each -> !left.contains(each.id()))
                        .filter(each -> given.limits().unread() && model.needs(name, each))
                        .map(each -> each.id() + " of " + name))
            .toList();
    same("needed and gone", List.of(), lost);
  }

  private void slices() {
    long removed = 0;
    var dropped = new HashMap<String, Long>();
    for (Report slice : run.slices()) {
      removed += slice.removed();
      slice.dropped().forEach((group, count) -> dropped.merge(group, count, Long::sum));
      same("length after " + removed, given.entries().size() - removed, slice.length());
      if (slice.removed() > given.limits().slice()) {
        faults.add("a slice removed " + slice.removed());
      }
      if (slice.more()) {
        same("pinnedBy before the end", Optional.empty(), slice.pinnedBy());
      }
    }
    same("removed", (long) model.removed().size(), removed);
    same("more at the end", false, run.slices().getLast().more());
    same("dropped", expectedDrops(model.removed()), dropped);
    pinned("pinnedBy", run.slices().getLast());
  }

  private void pinned(String what, Report report) {
    Optional<String> told = report.pinnedBy();
    if (model.pinning().isEmpty()
        ? told.isPresent()
        : told.filter(model.pinning()::contains).isEmpty()) {
      faults.add(what + " is " + told + " and none of " + model.pinning());
    }
  }

  private Map<String, Long> expectedDrops(List<Added> gone) {
    return given.limits().unread() ? Map.of() : model.dropped(gone);
  }

  private void dryRuns() {
    List<Added> all = model.removed();
    dryRun("a dry run", all, RetentionRun.MOST_TOLD, run.dryWhole());
    dryRun("a dry slice", all, given.limits().slice(), run.drySlice());
  }

  private void dryRun(String what, List<Added> all, int slice, Report told) {
    int most = Math.min(all.size(), Math.min(slice, RetentionRun.MOST_TOLD));
    boolean tellsLess = given.isLong() && told.more() && told.removed() > 0;
    int count = tellsLess ? (int) Math.min(most, told.removed()) : most;
    same("removed of " + what, (long) count, told.removed());
    same("more of " + what, count < all.size(), told.more());
    same("length of " + what, (long) given.entries().size() - count, told.length());
    same("dropped of " + what, expectedDrops(all.subList(0, count)), told.dropped());
    if (count == all.size()) {
      pinned("pinnedBy of " + what, told);
    }
  }

  private void drops() {
    Map<String, Long> listed =
        run.drops().stream()
            .collect(Collectors.groupingBy(Drop::group, Collectors.summingLong(Drop::messages)));
    same("ledger", expectedDrops(model.removed()), listed);
    for (Drop drop : run.drops()) {
      List<String> lost =
          model.removed().stream()
              .filter(each -> model.needs(drop.group(), each))
              .map(each -> each.position().value())
              .toList();
      int first = lost.indexOf(drop.first());
      same("last of " + drop, first + (int) drop.messages() - 1, lost.indexOf(drop.last()));
      same("first of " + drop + " was lost", true, first >= 0);
    }
  }

  private void facts(String when, Facts facts, List<Added> entries) {
    same("exists " + when, !given.added().isEmpty() || !given.groups().isEmpty(), facts.exists());
    same("length " + when, (long) entries.size(), facts.length());
    same("added " + when, (long) given.added().size(), facts.added());
    same("first " + when, entries.stream().findFirst().map(RetentionChecks::mark), facts.first());
    same(
        "last " + when,
        entries.isEmpty() ? Optional.empty() : Optional.of(mark(entries.getLast())),
        facts.last());
    same("groups " + when, model.groups().size(), facts.needs().size());
    for (String name : model.groups()) {
      same(
          "need " + when,
          Optional.of(expectedNeed(name, entries)),
          facts.needs().stream()
              .filter(need -> need.group().equals(name))
              .findFirst()
              .map(RetentionChecks::withoutIdle));
    }
  }

  private static Need withoutIdle(Need need) {
    return new Need(
        need.group(),
        need.kind(),
        need.first(),
        need.id(),
        need.consumer(),
        Optional.empty(),
        need.pending());
  }

  private Need expectedNeed(String name, List<Added> entries) {
    Optional<Added> first = entries.stream().filter(each -> model.needs(name, each)).findFirst();
    boolean pending = first.filter(each -> model.isPending(name, each)).isPresent();
    Need.Kind kind = pending ? Need.Kind.PENDING : Need.Kind.UNREAD;
    return new Need(
        name,
        model.group(name).isPresent() ? kind : Need.Kind.ABSENT,
        first.map(RetentionChecks::mark),
        first.map(Added::id),
        pending ? model.group(name).flatMap(group -> reader(group, first.get())) : Optional.empty(),
        Optional.empty(),
        entries.stream().filter(each -> model.isPending(name, each)).count());
  }

  private Optional<String> reader(Group group, Added entry) {
    int number = entry.index() - group.begins();
    for (RetentionCase.Read read : group.reads()) {
      if (number < read.count()) {
        return Optional.of(read.consumer());
      }
      number -= read.count();
    }
    return Optional.empty();
  }

  private void pending() {
    Map<String, Long> told =
        run.state().groups().stream()
            .collect(Collectors.toMap(StreamState.Group::name, StreamState.Group::pending));
    Map<String, Long> expected =
        given.groups().stream()
            .collect(
                Collectors.toMap(
                    Group::name,
                    group ->
                        model.left().stream()
                            .filter(each -> model.isPending(group.name(), each))
                            .count()));
    same("pending", expected, told);
  }

  private static Mark mark(Added entry) {
    return new Mark(entry.position(), entry.at());
  }

  private static List<String> ids(List<Added> entries) {
    return entries.stream().map(Added::id).toList();
  }
}
