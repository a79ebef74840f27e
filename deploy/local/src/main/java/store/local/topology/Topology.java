package store.local.topology;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The parts of one build of the store, and who needs to know what.
 *
 * @param build as {@code status} names it
 * @param databases one server each
 * @param services in an order in which each comes after those it calls; the last has the public port
 */
public record Topology(String build, List<Database> databases, List<Service> services) {

    /** The five processes of a checkout, each owner with its own database. */
    public static final Topology SERVICES = fiveProcesses();

    /** The same modules in one process over one database, with as much memory as the services and their databases have together. */
    public static final Topology MONOLITH = oneProcess();

    private static final String ACQUIRER = "acquirer-sandbox";

    /** Recovery is shared by these: what they take up, they lease. */
    private static final Set<String> SEVERAL = Set.of("order-service", "payment-service");

    private static final int HEAP_MEGABYTES = 96;

    /** What its connections need when hundreds of requests come a second, and room for the garbage beside it. */
    private static final int GATEWAY_HEAP_MEGABYTES = 128;

    private static final int BUFFER_MEGABYTES = 32;

    /**
     * @param schema the database's name, and the role's that owns it
     * @param bufferMegabytes the server's memory for pages
     */
    public record Database(String name, String schema, int bufferMegabytes) {}

    /**
     * @param jar from the repository's root; an executable jar of Spring Boot, or one that takes {@code --port} and {@code --data}
     * @param database the one that it owns
     * @param heapMegabytes the bound of its heap
     * @param environment what it needs to know of the others
     */
    public record Service(
            String name,
            String jar,
            Optional<Database> database,
            int heapMegabytes,
            Function<Wiring, Map<String, String>> environment) {

        private Service instance(int number) {
            return new Service(name + "-" + number, jar, database, heapMegabytes, environment);
        }

        boolean isSpring() {
            return jar.endsWith("-exec.jar");
        }
    }

    /** What a part may know of the instance that it is a part of. */
    public interface Wiring {

        /** Where a service is reached: the addresses of its instances, separated by commas. */
        String address(String service);

        /** One of the files of {@link Secrets}. */
        Path secret(String file);

        /** Pieces of every product to begin with, if that was asked for. */
        Optional<Integer> stock();
    }

    /** Whether a part is meant by a name: its own, or the service's that it is an instance of. */
    public static boolean means(String name, String part) {
        return part.matches(Pattern.quote(name) + "(-\\d+)?");
    }

    /**
     * The same with several instances of each service that can have them, over the same databases: {@code order-service-1} and so on.
     *
     * @param count 1 leaves everything as it is
     */
    public Topology withInstances(int count) {
        if (count == 1) {
            return this;
        }
        return new Topology(
                build,
                databases,
                services.stream()
                        .flatMap(service -> SEVERAL.contains(service.name())
                                ? IntStream.rangeClosed(1, count).mapToObj(service::instance)
                                : Stream.of(service))
                        .toList());
    }

    /** What keeps data, alone: the databases and the acquirer's ledger. */
    public Topology dataOnly() {
        return new Topology(
                build,
                databases,
                services.stream()
                        .filter(service -> service.name().equals(ACQUIRER))
                        .toList());
    }

    private static Topology fiveProcesses() {
        Database orders = new Database("order-db", "orders", BUFFER_MEGABYTES);
        Database inventory = new Database("inventory-db", "inventory", BUFFER_MEGABYTES);
        Database payments = new Database("payment-db", "payments", BUFFER_MEGABYTES);
        return new Topology(
                "services",
                List.of(orders, inventory, payments),
                List.of(
                        acquirer(),
                        spring("inventory-service", Optional.of(inventory), Topology::stock),
                        spring(
                                "payment-service",
                                Optional.of(payments),
                                wiring -> Map.of(
                                        "STORE_PAYMENT_ACQUIRER_ADDRESS", wiring.address(ACQUIRER),
                                        "STORE_PAYMENT_SECRET_FILE",
                                                wiring.secret(Secrets.PAYMENT_KEYS)
                                                        .toString(),
                                        "STORE_PAYMENT_OPERATOR_TOKEN_FILE",
                                                wiring.secret(Secrets.OPERATOR_TOKEN)
                                                        .toString())),
                        spring(
                                "order-service",
                                Optional.of(orders),
                                wiring -> Map.of(
                                        "STORE_ORDER_INVENTORY_ADDRESS", wiring.address("inventory-service"),
                                        "STORE_ORDER_PAYMENT_ADDRESS", wiring.address("payment-service"),
                                        "STORE_ORDER_SECRET_FILE",
                                                wiring.secret(Secrets.ORDER_KEYS)
                                                        .toString(),
                                        "STORE_ORDER_OPERATOR_TOKEN_FILE",
                                                wiring.secret(Secrets.OPERATOR_TOKEN)
                                                        .toString(),
                                        "STORE_ORDER_GUEST_PUBLIC_KEY", url(wiring.secret("guests-public.pem")))),
                        spring(
                                "gateway",
                                Optional.empty(),
                                GATEWAY_HEAP_MEGABYTES,
                                wiring -> Map.of(
                                        "STORE_EDGE_ORDER_ADDRESS", wiring.address("order-service"),
                                        "STORE_EDGE_INVENTORY_ADDRESS", wiring.address("inventory-service"),
                                        "STORE_EDGE_GUEST_PRIVATE_KEY", url(wiring.secret("guests-private.pem")),
                                        "STORE_EDGE_GUEST_PUBLIC_KEY", url(wiring.secret("guests-public.pem"))))));
    }

    private static Topology oneProcess() {
        int replaced = SERVICES.databases().size();
        Database database = new Database("monolith-db", "store", replaced * BUFFER_MEGABYTES);
        int heap = SERVICES.services().stream()
                .filter(Service::isSpring)
                .mapToInt(Service::heapMegabytes)
                .sum();
        return new Topology(
                "monolith",
                List.of(database),
                List.of(acquirer(), spring("monolith", Optional.of(database), heap, wiring -> {
                    Map<String, String> environment = new HashMap<>(stock(wiring));
                    environment.putAll(Map.of(
                            "STORE_PAYMENT_ACQUIRER_ADDRESS",
                            wiring.address(ACQUIRER),
                            "STORE_PAYMENT_SECRET_FILE",
                            wiring.secret(Secrets.PAYMENT_KEYS).toString(),
                            "STORE_PAYMENT_OPERATOR_TOKEN_FILE",
                            wiring.secret(Secrets.OPERATOR_TOKEN).toString(),
                            "STORE_ORDER_SECRET_FILE",
                            wiring.secret(Secrets.ORDER_KEYS).toString(),
                            "STORE_ORDER_OPERATOR_TOKEN_FILE",
                            wiring.secret(Secrets.OPERATOR_TOKEN).toString(),
                            "STORE_EDGE_GUEST_PRIVATE_KEY",
                            url(wiring.secret("guests-private.pem")),
                            "STORE_EDGE_GUEST_PUBLIC_KEY",
                            url(wiring.secret("guests-public.pem"))));
                    return environment;
                })));
    }

    private static Service acquirer() {
        return new Service(
                ACQUIRER,
                "deploy/acquirer-sandbox/target/acquirer-sandbox.jar",
                Optional.empty(),
                32,
                wiring -> Map.of());
    }

    private static Service spring(
            String module, Optional<Database> database, Function<Wiring, Map<String, String>> environment) {
        return spring(module, database, HEAP_MEGABYTES, environment);
    }

    private static Service spring(
            String module,
            Optional<Database> database,
            int heapMegabytes,
            Function<Wiring, Map<String, String>> environment) {
        return new Service(
                module,
                module + "/target/" + module + "-1.0.0-SNAPSHOT-exec.jar",
                database,
                heapMegabytes,
                environment);
    }

    private static Map<String, String> stock(Wiring wiring) {
        return wiring.stock()
                .map(stock -> Map.of("STORE_INVENTORY_STOCK", Integer.toString(stock)))
                .orElse(Map.of());
    }

    private static String url(Path file) {
        return file.toUri().toString();
    }
}
