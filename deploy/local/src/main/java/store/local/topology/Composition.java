package store.local.topology;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.local.postgres.PostgresCluster;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;
import store.local.supervision.Plan.Kind;
import store.local.topology.Topology.Database;
import store.local.topology.Topology.Service;

/** Who listens where in one instance, and what each part is told about it. */
final class Composition implements Topology.Wiring {

    private final InstanceFolder folder;
    private final Secrets secrets;
    private final Optional<Integer> stock;
    private final Map<String, Integer> ports = new HashMap<>();
    private final Map<String, Integer> managementPorts = new HashMap<>();

    /**
     * @param publicPort the last service's
     * @param stock pieces of every product to begin with, or empty for the usual ones
     */
    Composition(
            Topology topology,
            InstanceFolder folder,
            Secrets secrets,
            int publicPort,
            Ports free,
            Optional<Integer> stock)
            throws IOException {
        this.folder = folder;
        this.secrets = secrets;
        this.stock = stock;
        for (Database database : topology.databases()) {
            ports.put(database.name(), free.take());
        }
        for (Service service : topology.services()) {
            ports.put(service.name(), free.take());
            managementPorts.put(service.name(), free.take());
        }
        ports.put(topology.services().getLast().name(), publicPort);
    }

    @Override
    public String address(String service) {
        return "http://127.0.0.1:" + port(service);
    }

    @Override
    public Path secret(String file) {
        return secrets.file(file);
    }

    @Override
    public Optional<Integer> stock() {
        return stock;
    }

    Plan.Part part(Database database, PostgresCluster cluster) throws IOException {
        return new Plan.Part(
                database.name(),
                Kind.DATABASE,
                cluster.serverCommand(port(database.name()), database.bufferMegabytes()),
                Map.of(),
                folder.log(database.name()).toString(),
                cluster.data().toString(),
                null,
                null,
                jdbcUrl(database),
                database.schema(),
                secrets.password(database.name()));
    }

    /** @param command runs the service's jar */
    Plan.Part part(Service service, List<String> command) throws IOException {
        return service.isSpring() ? springPart(service, command) : plainPart(service, command);
    }

    private Plan.Part springPart(Service service, List<String> command) throws IOException {
        String managementPort = Integer.toString(port(managementPorts, service.name()));
        String managementUrl = "http://127.0.0.1:" + managementPort;
        Map<String, String> environment = new HashMap<>(service.environment().apply(this));
        environment.putAll(Map.of(
                "SERVER_ADDRESS", "127.0.0.1",
                "SERVER_PORT", Integer.toString(port(service.name())),
                "MANAGEMENT_SERVER_ADDRESS", "127.0.0.1",
                "MANAGEMENT_SERVER_PORT", managementPort,
                // glibc otherwise keeps an arena per core and thread: memory that nobody uses
                "MALLOC_ARENA_MAX", "2"));
        if (service.database().isPresent()) {
            Database database = service.database().get();
            environment.putAll(Map.of(
                    "SPRING_DATASOURCE_URL", jdbcUrl(database),
                    "SPRING_DATASOURCE_USERNAME", database.schema(),
                    "SPRING_DATASOURCE_PASSWORD", secrets.password(database.name())));
        }
        return part(service, command, environment, managementUrl + "/actuator/health/readiness", managementUrl);
    }

    private Plan.Part plainPart(Service service, List<String> command) {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of("--port", Integer.toString(port(service.name()))));
        full.addAll(List.of("--data", folder.data().resolve(service.name()).toString()));
        return part(service, full, service.environment().apply(this), address(service.name()) + "/health", null);
    }

    private Plan.Part part(
            Service service,
            List<String> command,
            Map<String, String> environment,
            String ready,
            @Nullable String managementUrl) {
        return new Plan.Part(
                service.name(),
                Kind.SERVICE,
                command,
                environment,
                folder.log(service.name()).toString(),
                ready,
                address(service.name()),
                managementUrl,
                null,
                null,
                null);
    }

    private String jdbcUrl(Database database) {
        return "jdbc:postgresql://127.0.0.1:" + port(database.name()) + "/" + database.schema();
    }

    private int port(String part) {
        return port(ports, part);
    }

    private static int port(Map<String, Integer> ports, String part) {
        return Objects.requireNonNull(ports.get(part), part);
    }
}
