package store.acquirer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PositionsTest {

    private final Positions positions = new Positions();
    private final Map<Long, String> nameAt = new HashMap<>();

    @AfterEach
    void close() {
        positions.close();
    }

    @Test
    void findsTheLatestPositionOfEveryName() {
        Map<String, Long> expected = new HashMap<>();
        var random = new Random(1);
        for (long position = 1; position <= 50_000; position++) {
            String name = "name" + random.nextInt(20_000);
            expected.put(name, position);
            put(name, name.hashCode(), position);
        }

        expected.forEach(
                (name, position) -> assertThat(find(name, name.hashCode())).isEqualTo(position));
        assertThat(find("another", "another".hashCode())).isZero();
    }

    @Test
    void tellsNamesOfEqualHashApart() {
        for (int i = 1; i <= 2000; i++) {
            put("name" + i, 42, i);
        }

        assertThat(find("name1", 42)).isEqualTo(1);
        assertThat(find("name2000", 42)).isEqualTo(2000);
        assertThat(find("name2001", 42)).isZero();
    }

    @Test
    void holdsTheLargestPosition() {
        long largest = (1L << Positions.POSITION_BITS) - 1;
        put("name", -1, largest);

        assertThat(find("name", -1)).isEqualTo(largest);
    }

    private void put(String name, int hash, long position) {
        nameAt.put(position, name);
        positions.put(hash, position, other -> name.equals(nameAt.get(other)));
    }

    private long find(String name, int hash) {
        return positions.find(hash, position -> name.equals(nameAt.get(position)));
    }
}
