package store.local.topology;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.local.postgres.PostgresCluster;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;
import store.local.supervision.Plan.Kind;
import store.local.topology.Topology.Database;
import store.local.topology.Topology.Service;

/** Where each part of one instance listens, and what each part is told about the others. */
final class Composition {

    private final Topology topology;
    private final InstanceFolder folder;
    private final Secrets secrets;
    private final Ports free;
    private final Optional<Integer> stock;
    private final Map<String, Integer> ports = new HashMap<>();

    /** Where the proxy listens for {@code caller:callee}; empty without links. */
    private final Map<String, Integer> linkPorts = new TreeMap<>();

    /**
     * @param publicPort the last service's
     * @param stock pieces of every product to begin with, or empty for the usual number
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
        this.free = free;
        this.stock = stock;
        for (Database database : topology.databases()) {
            ports.put(database.name(), free.take());
        }
        for (Service service : topology.services()) {
            ports.put(service.name(), free.take());
        }
        ports.put(topology.services().getLast().name(), publicPort);
        if (links) {
            ports.put(Topology.LINKS, free.take());
            for (Service service : topology.services()) {
                for (String callee : callees(service)) {
                    linkPorts.put(service.name() + ":" + callee, free.take());
                }
            }
        }
    }

    private List<String> callees(Service service) {
        Stream<String> called = service.calls().values().stream().flatMap(this::instances);
        return Stream.concat(called, service.database().stream().map(Database::name))
                .toList();
    }

    private Stream<String> instances(String service) {
        return topology.services().stream().map(Service::name).filter(instance -> Topology.means(service, instance));
    }

    private Map<String, String> environment(Service service) {
        Map<String, String> environment = new HashMap<>();
        service.calls()
                .forEach((variable, callee) -> environment.put(
                        variable,
                        instances(callee)
                                .map(instance -> "http://127.0.0.1:" + portTowards(service.name(), instance))
                                .collect(Collectors.joining(","))));
        service.secrets().forEach((variable, name) -> {
            Path file = secrets.file(name);
            // Spring reads a PEM file as a resource, which has a URL.
            environment.put(variable, name.endsWith(".pem") ? file.toUri().toString() : file.toString());
        });
        if (service.keepsStock()) {
            stock.ifPresent(pieces -> environment.put("STORE_INVENTORY_STOCK", Integer.toString(pieces)));
        }
        return environment;
    }

    String address(String service) {
        return "http://127.0.0.1:" + port(service);
    }

    /** @param command runs the proxy */
    Plan.Part linksPart(List<String> command) {
        List<String> full = new ArrayList<>(command);
        full.addAll(List.of("--port", Integer.toString(port(Topology.LINKS))));
        linkPorts.forEach((link, port) -> {
            String callee = link.substring(link.indexOf(':') + 1);
            full.addAll(List.of("--proxy", link + "=" + port + ":127.0.0.1:" + port(callee)));
        });
        return part(Topology.LINKS, full, Map.of(), address(Topology.LINKS) + "/version", null);
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
        String managementPort = Integer.toString(free.take());
        String managementUrl = "http://127.0.0.1:" + managementPort;
        Map<String, String> environment = environment(service);
        environment.putAll(Map.of(
                "SERVER_ADDRESS", "127.0.0.1",
                "SERVER_PORT", Integer.toString(port(service.name())),
                "MANAGEMENT_SERVER_ADDRESS", "127.0.0.1",
                "MANAGEMENT_SERVER_PORT", managementPort,
                // Without it glibc keeps an arena for each core and thread: memory that nothing uses.
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
        return Objects.requireNonNull(ports.get(part), part);
    }
}
