package dev.millrace.app.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  @TempDir private Path folder;

  private int files;

  private Path file(String... ids) throws IOException {
    return Files.write(folder.resolve("f" + files++), List.of(ids));
  }

  private Comparison compare(Path accepted, Path unclear, Path... handled) throws IOException {
    return Comparison.of(List.of(accepted), List.of(unclear), List.of(handled), 2);
  }

  @Test
  void agreesWhateverTheOrderAndTheProcess() throws IOException {
    var result = compare(file("c", "a", "b", "e"), file(), file("b", "e"), file("a", "c"));
    assertTrue(result.exact());
    assertEquals(new Comparison(4, 4, 0, 0, 0, 0, List.of()), result);
  }

  @Test
  void namesWhatIsMissingAndWhatNobodySent() throws IOException {
    var result = compare(file("a", "b", "c"), file(), file("c", "x", "a"));
    assertFalse(result.exact());
    assertEquals(new Comparison(3, 3, 1, 1, 0, 0, List.of("missing b", "unexpected x")), result);
  }

  @Test
  void countsIdsHandledTwiceApart() throws IOException {
    var result = compare(file("a", "b"), file(), file("a", "b", "a"), file("a"));
    assertTrue(result.exact());
    assertEquals(1, result.twice());
    assertEquals(2, result.handled());
  }

  @Test
  void takesAnUnclearSendEitherWay() throws IOException {
    var result = compare(file("a"), file("b", "c"), file("b", "a"));
    assertTrue(result.exact());
    assertEquals(2, result.unclear());
  }

  @Test
  void seesThatNothingWasHandled() throws IOException {
    assertEquals(2, compare(file("a", "b"), file()).missing());
  }

  @Test
  void sortsMoreThanItHoldsInMemory() throws IOException {
    var ids = new ArrayList<String>();
    for (int i = 0; i < 20_000; i++) {
      ids.add("id-" + i);
    }
    Path accepted = Files.write(folder.resolve("accepted"), ids);
    Collections.shuffle(ids, new Random(1));
    ids.remove("id-777");
    Path handled = Files.write(folder.resolve("handled"), ids);
    var result = Comparison.of(List.of(accepted), List.of(), List.of(handled), 1_000);
    assertEquals(List.of("missing id-777"), result.examples());
    assertEquals(19_999, result.handled());
  }
}
