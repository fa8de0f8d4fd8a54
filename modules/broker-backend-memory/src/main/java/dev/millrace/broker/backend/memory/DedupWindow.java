package dev.millrace.broker.backend.memory;

import dev.millrace.broker.api.spi.Position;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The newest ids that were appended with deduplication, with their places. Guarded by the stream's
 * lock.
 */
final class DedupWindow {
  private final int capacity;
  private final LinkedHashMap<String, Position> places = new LinkedHashMap<>();

  DedupWindow(int capacity) {
    this.capacity = capacity;
  }

  @Nullable Position find(String id) {
    return places.get(id);
  }

  void add(String id, Position place) {
    places.put(id, place);
    if (places.size() > capacity) {
      Map.Entry<String, Position> oldest = places.firstEntry();
      places.remove(oldest.getKey());
    }
  }

  void clear() {
    places.clear();
  }
}
