package store.resilience;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The keys that were seen lately, as many as there is room for. When the room is used up, the oldest key is forgotten, so a key can be new
 * more than once.
 */
public final class RecentKeys<K> {

    private final Map<K, Boolean> seen;

    /** @param room how many keys are remembered */
    public RecentKeys(int room) {
        this.seen = new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, Boolean> eldest) {
                return size() > room;
            }
        };
    }

    /**
     * Remembers a key.
     *
     * @return whether it is new
     */
    public synchronized boolean add(K key) {
        return seen.putIfAbsent(key, true) == null;
    }
}
