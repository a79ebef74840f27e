package store.local.topology;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.local.postgres.PostgresCluster;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;
import store.local.supervision.Plan.Kind;
import store.local.topology.Topology.Database;
import store.local.topology.Topology.Service;

/** Who listens where in one instance, and what each part is told about it. */
final class Composition {

    /** The part that all calls between parts go through, where an instance has it. */
    static final String LINKS = "links";

    private final Topology topology;
    private final InstanceFolder folder;
    private final Secrets secrets;
    private final Optional<Integer> stock;
    private final Map<String, Integer> ports = new HashMap<>();
    private final Map<String, Integer> managementPorts = new HashMap<>();

    /** Where {@code caller:callee} is entered, if the two are linked by a proxy. */
    private final Map<String, Integer> linkPorts = new TreeMap<>();

    /**
     * @param publicPort the last service's
     * @param stock pieces of every product to begin with, or empty for the usual ones
     * @param links whether each call between parts, and to each database, goes through a proxy of its own
     */
    Composition(
            Topology topology,
            InstanceFolder folder,
            Secrets secrets,
            int publicPort,
            Ports free,
            Optional<Integer> stock,
            boolean links)
            throws IOException {
        this.topology = topology;
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
        if (links) {
            ports.put(LINKS, free.take());
            for (Service service : topology.services()) {
                for (String callee : callees(service)) {
                    linkPorts.put(service.name() + ":" + callee, free.take());
                }
            }
        }
    }

    /** A service's view of the others. */
    private record View(Composition composition, String viewer, Set<String> seen) implements Topology.Wiring {
        @Override
        public String address(String service) {
            List<String> instances = composition.topology.services().stream()
                    .map(Service::name)
                    .filter(instance -> Topology.means(service, instance))
                    .toList();
            seen.addAll(instances);
            return instances.stream()
                    .map(instance -> "http://127.0.0.1:" + composition.portTowards(viewer, instance))
                    .collect(Collectors.joining(","));
        }

        @Override
        public Path secret(String file) {
            return composition.secrets.file(file);
        }

        @Override
        public Optional<Integer> stock() {
            return composition.stock;
        }
    }

    private Set<String> callees(Service service) {
        Set<String> callees = new TreeSet<>();
        environment(service, callees);
        service.database().ifPresent(database -> callees.add(database.name()));
        return callees;
    }

    private Map<String, String> environment(Service service) {
        return environment(service, new TreeSet<>());
    }

    /** @param seen gets the services that it is told about */
    private Map<String, String> environment(Service service, Set<String> seen) {
        return service.environment().apply(new View(this, service.name(), seen));
    }

    String address(String service) {
        return "http://127.0.0.1:" + port(service);
    }

    /** @param command runs the proxy */
    Plan.Part linksPart(List<String> command) {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of("--port", Integer.toString(port(LINKS))));
        linkPorts.forEach((link, port) -> {
            String callee = link.substring(link.indexOf(':') + 1);
            full.addAll(List.of("--proxy", link + "=" + port + ":127.0.0.1:" + port(callee)));
        });
        return part(LINKS, full, Map.of(), address(LINKS) + "/version", null);
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
                jdbcUrl(database, port(database.name())),
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
        Map<String, String> environment = new HashMap<>(environment(service));
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
                    "SPRING_DATASOURCE_URL", jdbcUrl(database, portTowards(service.name(), database.name())),
                    "SPRING_DATASOURCE_USERNAME", database.schema(),
                    "SPRING_DATASOURCE_PASSWORD", secrets.password(database.name())));
        }
        return part(service.name(), command, environment, managementUrl + "/actuator/health/readiness", managementUrl);
    }

    private Plan.Part plainPart(Service service, List<String> command) {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of("--port", Integer.toString(port(service.name()))));
        full.addAll(List.of("--data", folder.data().resolve(service.name()).toString()));
        return part(service.name(), full, environment(service), address(service.name()) + "/health", null);
    }

    private Plan.Part part(
            String name,
            List<String> command,
            Map<String, String> environment,
            String ready,
            @Nullable String managementUrl) {
        return new Plan.Part(
                name,
                Kind.SERVICE,
                command,
                environment,
                folder.log(name).toString(),
                ready,
                address(name),
                managementUrl,
                null,
                null,
                null);
    }

    private static String jdbcUrl(Database database, int port) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database.schema();
    }

    private int portTowards(String caller, String callee) {
        return linkPorts.getOrDefault(caller + ":" + callee, port(callee));
    }

    private int port(String part) {
        return port(ports, part);
    }

    private static int port(Map<String, Integer> ports, String part) {
        return Objects.requireNonNull(ports.get(part), part);
    }
}
