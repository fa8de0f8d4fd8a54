package dev.millrace.broker.backend.redis.internal.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GatheringTest {
  private final List<List<Integer>> calls = new ArrayList<>();
  private final List<CompletableFuture<List<String>>> answers = new ArrayList<>();
  private final Gathering<Integer, String> gathering =
      new Gathering<>(item -> item, items -> called(items));

  private CompletionStage<List<String>> called(List<Integer> items) {
    calls.add(List.copyOf(items));
    var answer = new CompletableFuture<List<String>>();
    answers.add(answer);
    return answer;
  }

  private CompletableFuture<String> add(int item) {
    return gathering.add(item).toCompletableFuture();
  }

  private void answer(int call) {
    answers.get(call).complete(calls.get(call).stream().map(String::valueOf).toList());
  }

  @Test
  void oneGoesAtOnceAndWhatComesMeanwhileTogether() {
    var first = add(1);
    var second = add(2);
    var third = add(3);
    assertEquals(List.of(List.of(1)), calls);
    answer(0);
    assertEquals(List.of(List.of(1), List.of(2, 3)), calls);
    assertEquals("1", first.join());
    assertFalse(second.isDone());
    answer(1);
    assertEquals("2", second.join());
    assertEquals("3", third.join());
    assertEquals(2, calls.size());
  }

  @Test
  void aCallTakesAHundredAtMostAndAQuarterOfAMebibyte() {
    var unused = add(0);
    IntStream.range(0, 150).forEach(this::add);
    int large = 200 * 1024;
    var two = List.of(add(large), add(large));
    answer(0);
    answer(1);
    answer(2);
    assertEquals(List.of(1, 100, 51, 1), calls.stream().map(List::size).toList());
    answer(3);
    assertTrue(two.stream().allMatch(CompletableFuture::isDone));
  }

  @Test
  void theFailureOfACallIsThatOfEachInItAndTheNextGoesOn() {
    var first = add(1);
    var second = add(2);
    var refused = new IllegalStateException("refused");
    answers.get(0).completeExceptionally(refused);
    assertSame(refused, assertThrows(CompletionException.class, first::join).getCause());
    answer(1);
    assertEquals("2", second.join());
  }

  @Test
  void nothingIsLeftBehindOfManyThreads() throws Exception {
    var seen = ConcurrentHashMap.<Integer>newKeySet();
    try (var answering = Executors.newSingleThreadExecutor();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var shared =
          new Gathering<Integer, Integer>(
              item -> 1,
              items ->
                  CompletableFuture.supplyAsync(
                      () -> {
                        seen.addAll(items);
                        return items;
                      },
                      answering));
      List<Future<Integer>> told =
          IntStream.range(0, 20_000)
              .mapToObj(i -> threads.submit(() -> shared.add(i).toCompletableFuture().get()))
              .toList();
      for (int i = 0; i < told.size(); i++) {
        assertEquals(i, told.get(i).get());
      }
    }
    assertEquals(20_000, seen.size());
  }
}
