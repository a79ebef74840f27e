package store.local.command;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import store.local.supervision.InstanceFolder;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;

/**
 * The output of {@code status --json}, by which other tools find the store.
 *
 * @param gateway the public address
 */
record StatusDocument(String name, String build, String gateway, List<Part> parts) {

    /**
     * @param state {@code up}, {@code starting}, {@code down} or {@code paused}
     * @param pid null while it is down
     * @param url the address of a service; null for a database
     * @param jdbcUrl the address of a database; null for a service
     */
    record Part(
            String name,
            String kind,
            @Nullable Long pid,
            String state,
            @Nullable String url,
            @Nullable String managementUrl,
            @Nullable String jdbcUrl,
            @Nullable String user,
            @Nullable String password) {}

    static StatusDocument of(Plan plan, List<PartReport> reports) {
        Map<String, PartReport> byName = new HashMap<>();
        reports.forEach(report -> byName.put(report.name(), report));
        List<Part> parts = new ArrayList<>();
        for (Plan.Part part : plan.parts()) {
            PartReport report = Objects.requireNonNull(byName.get(part.name()));
            parts.add(new Part(
                    part.name(),
                    part.kind().label(),
                    report.pid(),
                    report.state(),
                    part.url(),
                    part.managementUrl(),
                    part.jdbcUrl(),
                    part.user(),
                    part.password()));
        }
        return new StatusDocument(plan.name(), plan.build(), plan.gateway(), parts);
    }

    String json() {
        return InstanceFolder.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this);
    }
}
