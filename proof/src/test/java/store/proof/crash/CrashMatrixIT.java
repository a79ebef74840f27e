package store.proof.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Plays as many cases as {@code store.crash.cases} says. The seed {@code store.crash.seed} chooses them; by default it
 * changes every day. {@code chaos/crash-matrix} plays all cases.
 */
class CrashMatrixIT {

    private static final int CASES = Integer.getInteger("store.crash.cases", 20);
    private static final long SEED =
            Long.getLong("store.crash.seed", LocalDate.now(ZoneOffset.UTC).toEpochDay());
    private static final Path TABLE = Path.of("target", "crash-matrix.md");

    @Test
    void everyOrderEndsAsPromisedWhereverAProcessDies() throws Exception {
        System.err.println("crash matrix: store.crash.seed=" + SEED);
        var folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "crash");
        try (var matrix = new CrashMatrix(folder)) {
            var rehearsed = matrix.rehearse(CASES > 100);
            var notTaken = new TreeSet<>(Ports.steps());
            rehearsed.values().forEach(points -> points.forEach(point -> notTaken.remove(point.method())));
            assertThat(notTaken)
                    .as("steps of the ports that no scenario takes: add them to one in Scenario")
                    .isEmpty();

            var cases = CrashMatrix.cases(rehearsed);
            var rows = matrix.play(chosen(cases));
            Files.writeString(TABLE, Table.of(rows, cases.size()));
            assertThat(rows.stream().filter(row -> row.wrong() != null)).isEmpty();
        }
    }

    /** One case of each kind and random others, in the sequence of the scenarios. */
    private static List<Case> chosen(List<Case> cases) {
        var shuffled = new ArrayList<>(cases);
        Collections.shuffle(shuffled, new Random(SEED));
        var chosen = new HashSet<Case>();
        for (var kind : Case.Kind.values()) {
            shuffled.stream().filter(one -> one.kind() == kind).findFirst().ifPresent(chosen::add);
        }
        shuffled.removeAll(chosen);
        chosen.addAll(shuffled.subList(0, Math.clamp(CASES - chosen.size(), 0, shuffled.size())));
        return cases.stream().filter(chosen::contains).toList();
    }
}
