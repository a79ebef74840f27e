package store.chaos.load;

import java.util.Locale;
import java.util.Map;
import store.chaos.load.Load.Report;
import store.chaos.load.Results.Percentiles;
import store.chaos.load.Results.Section;

/** The result of a run as text. */
final class Summary {

    private Summary() {}

    static String of(Report report) {
        var text = new StringBuilder();
        if (report.steps().size() > 1) {
            report.steps().forEach(step -> section(text, step));
        }
        section(text, report.total());
        text.append("%ncheckouts, followed to their end:%n".formatted());
        counts(text, report.ends(), 0);
        percentiles(text, "until final", report.untilFinalMillis());
        text.append("%ndriver: %.2f cores, send lag p50 %.1f ms, p99 %.1f ms, max %.1f ms%n"
                .formatted(
                        report.driver().cpuCores(),
                        report.driver().lagMillis().p50(),
                        report.driver().lagMillis().p99(),
                        report.driver().lagMillis().max()));
        text.append("journal: ").append(report.journal());
        if (report.interrupted()) {
            text.append("%ninterrupted%n".formatted());
        }
        report.notValidBecause()
                .forEach(doubt -> text.append("%nNOT VALID: ".formatted()).append(doubt));
        return text.toString();
    }

    private static void section(StringBuilder text, Section section) {
        text.append("%nfirst answers at %s a second, %.0f s:%n".formatted(section.perSecond(), section.seconds()));
        counts(text, section.outcomes(), section.seconds());
        percentiles(text, "browse", section.browseMillis());
        percentiles(text, "checkout", section.checkoutMillis());
    }

    private static void counts(StringBuilder text, Map<? extends Enum<?>, Long> counts, double seconds) {
        counts.forEach((kind, count) -> {
            if (count > 0) {
                text.append("  %-16s %8d".formatted(label(kind), count));
                text.append(seconds > 0 ? "   %.1f/s%n".formatted(count / seconds) : "%n".formatted());
            }
        });
    }

    private static String label(Enum<?> kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void percentiles(StringBuilder text, String name, Percentiles millis) {
        if (millis.count() > 0) {
            text.append("  %-16s %8d   p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f ms%n"
                    .formatted(
                            name,
                            millis.count(),
                            millis.p50(),
                            millis.p90(),
                            millis.p99(),
                            millis.p999(),
                            millis.max()));
        }
    }
}
