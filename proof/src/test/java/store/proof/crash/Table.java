package store.proof.crash;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import store.proof.crash.CrashMatrix.Row;

/** The matrix as Markdown. */
final class Table {

    private Table() {}

    static String of(List<Row> rows, int all) {
        Map<Scenario, StringBuilder> parts = new EnumMap<>(Scenario.class);
        for (var row : rows) {
            var played = row.played();
            var part = parts.computeIfAbsent(played.scenario(), scenario -> new StringBuilder("""

                ## %s

                | fault | where | hit | state after the fault | state at the end | audit |
                |---|---|---|---|---|---|
                """.formatted(scenario)));
            part.append("| %s | %s | %s | %s | %s | %s |%n"
                    .formatted(
                            played.kind().text(),
                            played.where(),
                            row.befell() ? "yes" : "**no**",
                            row.found(),
                            row.end(),
                            row.wrong() == null ? "held" : "**" + oneLine(row.wrong()) + "**"));
        }
        var wrong = rows.stream().filter(row -> row.wrong() != null).count();
        return """
            # How an order ends when a process dies

            %d of %d cases played, %d of them wrong. A state is that of the order · its reservation · its payment · the acquirer's movements.
            """.formatted(rows.size(), all, wrong) + String.join("", parts.values());
    }

    private static String oneLine(String text) {
        return text.replace('|', '/').lines().findFirst().orElse("");
    }
}
