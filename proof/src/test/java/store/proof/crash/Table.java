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

                | what befalls it | where | it did | found then | at last | audit |
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
            # What becomes of an order when a process dies

            %d of %d cases played, %d of them wrong. A state is the order's · its reservation's · its payment's · what moved at the acquirer.
            """.formatted(rows.size(), all, wrong) + String.join("", parts.values());
    }

    private static String oneLine(String text) {
        return text.replace('|', '/').lines().findFirst().orElse("");
    }
}
