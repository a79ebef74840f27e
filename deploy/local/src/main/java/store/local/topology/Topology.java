package store.local.topology;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The parts of one build of the store, and which part calls which.
 *
 * @param build as {@code status} names it
 * @param databases each is a server of its own
 * @param services each comes after the services that it calls; the last one has the public port
 */
public record Topology(String build, List<Database> databases, List<Service> services) {

    /** The part that is the fault proxy, in an instance that has it. */
    public static final String LINKS = "links";

    private static final String ACQUIRER = "acquirer-sandbox";

    /** Their instances share the work of recovery by leases. */
    private static final Set<String> SEVERAL = Set.of("order-service", "payment-service");

    private static final int HEAP_MEGABYTES = 96;

    /** Room for the connections of hundreds of requests a second, and for their garbage. */
    private static final int GATEWAY_HEAP_MEGABYTES = 128;

    private static final int BUFFER_MEGABYTES = 32;

    private static final Map<String, String> ACQUIRER_CALL = Map.of("STORE_PAYMENT_ACQUIRER_ADDRESS", ACQUIRER);

    private static final Map<String, String> PAYMENT_SECRETS = Map.of(
            "STORE_PAYMENT_SECRET_FILE", Secrets.PAYMENT_KEYS,
            "STORE_PAYMENT_OPERATOR_TOKEN_FILE", Secrets.OPERATOR_TOKEN);

    private static final Map<String, String> ORDER_SECRETS = Map.of(
            "STORE_ORDER_SECRET_FILE", Secrets.ORDER_KEYS,
            "STORE_ORDER_OPERATOR_TOKEN_FILE", Secrets.OPERATOR_TOKEN);

    private static final Map<String, String> EDGE_SECRETS = Map.of(
            "STORE_EDGE_GUEST_PRIVATE_KEY", Secrets.GUESTS_PRIVATE,
            "STORE_EDGE_GUEST_PUBLIC_KEY", Secrets.GUESTS_PUBLIC);

    /** The five processes of a checkout; each service that keeps data owns a database. */
    public static final Topology SERVICES = fiveProcesses();

    /**
     * The same modules in one process over one database, with as much memory as the services and their databases have
     * together.
     */
    public static final Topology MONOLITH = oneProcess();

    /**
     * @param schema the name of the database, and of the role that owns it
     * @param bufferMegabytes the server's memory for pages
     */
    public record Database(String name, String schema, int bufferMegabytes) {}

    /**
     * @param jar from the repository's root; an executable jar of Spring Boot, or one that takes {@code --port} and
     *     {@code --data}
     * @param database the one that it owns
     * @param heapMegabytes the bound of its heap
     * @param calls the services that it calls, by the environment variable with their addresses
     * @param secrets the files of {@link Secrets} that it reads, by the environment variable with their path
     */
    public record Service(
            String name,
            String jar,
            Optional<Database> database,
            int heapMegabytes,
            Map<String, String> calls,
            Map<String, String> secrets) {

        private Service instance(int number) {
            return new Service(name + "-" + number, jar, database, heapMegabytes, calls, secrets);
        }

        boolean isSpring() {
            return jar.endsWith("-exec.jar");
        }

        boolean keepsStock() {
            return name.equals("inventory-service") || name.equals("monolith");
        }
    }

    /**
     * Whether the name means the part: it is the part's own name, or that of the service that the part is an instance
     * of.
     */
    public static boolean means(String name, String part) {
        return part.matches(Pattern.quote(name) + "(-\\d+)?");
    }

    /**
     * The same with several instances of each service that can have them, over the same databases:
     * {@code order-service-1} and so on.
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

    /** Only the parts that keep data: the databases and the acquirer's ledger. */
    public Topology dataOnly() {
        return new Topology(build, databases, List.of(acquirer()));
    }

    private static Topology fiveProcesses() {
        Database orders = new Database("order-db", "orders", BUFFER_MEGABYTES);
        Database inventory = new Database("inventory-db", "inventory", BUFFER_MEGABYTES);
        Database payments = new Database("payment-db", "payments", BUFFER_MEGABYTES);
        Map<String, String> orderSecrets = new HashMap<>(ORDER_SECRETS);
        orderSecrets.put("STORE_ORDER_GUEST_PUBLIC_KEY", Secrets.GUESTS_PUBLIC);
        Map<String, String> orderCalls = Map.of(
                "STORE_ORDER_INVENTORY_ADDRESS", "inventory-service",
                "STORE_ORDER_PAYMENT_ADDRESS", "payment-service");
        Map<String, String> gatewayCalls = Map.of(
                "STORE_EDGE_ORDER_ADDRESS", "order-service",
                "STORE_EDGE_INVENTORY_ADDRESS", "inventory-service");
        return new Topology(
                "services",
                List.of(orders, inventory, payments),
                List.of(
                        acquirer(),
                        spring("inventory-service", Optional.of(inventory), HEAP_MEGABYTES, Map.of(), Map.of()),
                        spring(
                                "payment-service",
                                Optional.of(payments),
                                HEAP_MEGABYTES,
                                ACQUIRER_CALL,
                                PAYMENT_SECRETS),
                        spring("order-service", Optional.of(orders), HEAP_MEGABYTES, orderCalls, orderSecrets),
                        spring("gateway", Optional.empty(), GATEWAY_HEAP_MEGABYTES, gatewayCalls, EDGE_SECRETS)));
    }

    private static Topology oneProcess() {
        int replaced = SERVICES.databases().size();
        Database database = new Database("monolith-db", "store", replaced * BUFFER_MEGABYTES);
        int heap = SERVICES.services().stream()
                .filter(Service::isSpring)
                .mapToInt(Service::heapMegabytes)
                .sum();
        Map<String, String> secrets = new HashMap<>();
        List.of(PAYMENT_SECRETS, ORDER_SECRETS, EDGE_SECRETS).forEach(secrets::putAll);
        return new Topology(
                "monolith",
                List.of(database),
                List.of(acquirer(), spring("monolith", Optional.of(database), heap, ACQUIRER_CALL, secrets)));
    }

    private static Service acquirer() {
        String jar = "deploy/acquirer-sandbox/target/acquirer-sandbox.jar";
        return new Service(ACQUIRER, jar, Optional.empty(), 32, Map.of(), Map.of());
    }

    private static Service spring(
            String module,
            Optional<Database> database,
            int heapMegabytes,
            Map<String, String> calls,
            Map<String, String> secrets) {
        String jar = module + "/target/" + module + "-1.0.0-SNAPSHOT-exec.jar";
        return new Service(module, jar, database, heapMegabytes, calls, secrets);
    }
}
