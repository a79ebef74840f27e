package store.proof.crash;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.chaos.audit.Verdict;
import store.proof.AtRest;
import tools.jackson.databind.json.JsonMapper;

/** The things that outlive the dying processes: a database, an acquirer, and the settings that all processes share. */
final class World implements AutoCloseable {

    /** Where the acquirer is forgetful. Long enough for a newly started process to send its first charge. */
    private static final Duration KEY_TRUST = Duration.ofSeconds(5);

    private static final Duration KEY_TTL = KEY_TRUST.plusSeconds(1);

    /** The age of an order at which the acquirer has certainly forgotten a key that was trusted when it was sent. */
    static final Duration KEY_FORGOTTEN = KEY_TRUST.plus(KEY_TTL);

    private static final Duration DAY = Duration.ofDays(1);

    /** Worlds differ in their time limits. */
    enum Kind {
        STANDARD(DAY, DAY, Map.of()),
        /** The store gives up an order if the acquirer does not answer at once. */
        IMPATIENT(DAY, DAY, Map.of("store.order.patience", "500ms")),
        /** The acquirer's void window closes as soon as it has captured. */
        LATE(Duration.ZERO, DAY, Map.of()),
        /** No key is trusted, as if every order were older than the acquirer's memory of keys. */
        OLD(DAY, DAY, Map.of("store.payment.attempts.key-trust", "0s", "store.payment.attempts.quiet", "0s")),
        /** The acquirer remembers keys for a few seconds. */
        FORGETFUL(
                DAY,
                KEY_TTL,
                Map.of(
                        "store.payment.attempts.key-trust",
                        KEY_TRUST.toSeconds() + "s",
                        "store.payment.attempts.quiet",
                        "0s"));

        private final Duration voidWindow;
        private final Duration keyTtl;
        private final Map<String, String> settings;

        Kind(Duration voidWindow, Duration keyTtl, Map<String, String> settings) {
            this.voidWindow = voidWindow;
            this.keyTtl = keyTtl;
            this.settings = settings;
        }
    }

    /** @param exit the process's exit code */
    record Death(int exit, List<String> output) {

        List<String> told(String what) {
            return output.stream()
                    .filter(line -> line.startsWith(what + " "))
                    .map(line -> line.substring(what.length() + 1))
                    .toList();
        }
    }

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration CHILD_BOUND = Duration.ofMinutes(2);

    private final Kind kind;
    private final Server server;
    private final Jvm jvm;
    private final String name;
    private final Path folder;
    private final AcquirerSandbox acquirer;
    private int children;

    /** @param template the database that the world's own is copied from */
    World(Kind kind, Server server, Jvm jvm, Path parent, String name, String template)
            throws IOException, SQLException {
        this.kind = kind;
        this.server = server;
        this.jvm = jvm;
        this.folder = Files.createDirectories(parent.resolve(name));
        this.name = name;
        Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        server.create(name, template);
        acquirer = AcquirerSandbox.start(AcquirerSettings.defaults(folder.resolve("acquirer"))
                .withVoidWindow(kind.voidWindow)
                .withKeyTtl(kind.keyTtl)
                .withChargebackAfter(Duration.ofMillis(100)));
    }

    /** Runs a child to its end. */
    Death run(String argument) throws IOException, InterruptedException {
        return run(jvm.command(argument));
    }

    /** Runs a child to its end, and makes later children start sooner. */
    Death train(String argument) throws IOException, InterruptedException {
        return run(jvm.trainingCommand(argument, folder.resolve("classes.aot")));
    }

    private Death run(List<String> command) throws IOException, InterruptedException {
        var output = folder.resolve("child-" + children++ + ".log");
        settings().forEach((setting, value) -> command.add("--" + setting + "=" + value));
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(CHILD_BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException("a child does not end; see " + output);
            }
        } finally {
            process.destroyForcibly();
        }
        return new Death(process.exitValue(), Files.readAllLines(output));
    }

    /** Bounds are wide, so that a slow machine does not change the steps of a scenario. */
    private Map<String, String> settings() {
        Map<String, String> settings = new TreeMap<>(Map.ofEntries(
                Map.entry("spring.datasource.url", server.urlOf(name)),
                Map.entry("spring.datasource.username", Server.USER),
                Map.entry("spring.datasource.password", Server.USER),
                Map.entry("spring.datasource.hikari.minimum-idle", "1"),
                Map.entry("spring.datasource.hikari.connection-timeout", "5000"),
                Map.entry(
                        "spring.datasource.hikari.data-source-properties.options",
                        "-c statement_timeout=10000 -c lock_timeout=10000"),
                Map.entry("spring.datasource.hikari.data-source-properties.socketTimeout", "15"),
                Map.entry("store.order.secret-file", folder.resolve("secret").toString()),
                Map.entry("store.payment.secret-file", folder.resolve("secret").toString()),
                Map.entry("store.payment.acquirer.address", "http://127.0.0.1:" + acquirer.port()),
                Map.entry("store.payment.acquirer.timeout", "1s"),
                Map.entry("store.payment.attempts.first-backoff", "100ms"),
                Map.entry("store.payment.booking-delay", "0s"),
                Map.entry("store.order.patience", "1h"),
                Map.entry("store.inventory.stock", "100000")));
        settings.putAll(kind.settings);
        return settings;
    }

    /** Starts the server again after it was killed. */
    void restartServer() throws IOException {
        server.restart();
    }

    /** Judges the world once recovery has left nothing open. */
    Verdict audit() throws IOException, SQLException, InterruptedException {
        return AtRest.audit(name, server.urlOf(name), Server.USER, Server.USER, acquirer.port(), Duration.ZERO);
    }

    /** The states of the order, its reservation and its payment, and the acquirer's movements. */
    String stateOf(UUID order) throws IOException, SQLException, InterruptedException {
        var movements = HTTP.send(
                        HttpRequest.newBuilder(URI.create(
                                        "http://127.0.0.1:" + acquirer.port() + "/movements?orderId=" + order))
                                .timeout(Duration.ofSeconds(10))
                                .build(),
                        BodyHandlers.ofString())
                .body();
        var moved = JsonMapper.shared()
                .readTree(movements)
                .get("movements")
                .valueStream()
                .map(movement -> movement.get("kind").asString())
                .collect(Collectors.joining(" "));
        var recorded = query("""
            select concat_ws(' · ',
                coalesce((select concat_ws(' ', status, reason) from orders.orders where id = given.id), 'no order'),
                coalesce((select state from inventory.reservation where order_id = given.id), '-'),
                coalesce((select state from payments.payment where order_id = given.id), '-'))
            from (select ?::uuid as id) given
            """, order);
        return recorded + " · " + (moved.isEmpty() ? "-" : moved);
    }

    /** Whether the order has ever needed an operator. */
    boolean neededAttention(UUID order) throws SQLException {
        return !query(
                        "select count(*) from orders.order_audit where order_id = ? and status = 'NEEDS_ATTENTION'",
                        order)
                .equals("0");
    }

    private String query(String sql, UUID order) throws SQLException {
        try (var connection = server.connect(name);
                var query = connection.prepareStatement(sql)) {
            query.setObject(1, order);
            try (var row = query.executeQuery()) {
                row.next();
                return String.valueOf(row.getString(1));
            }
        }
    }

    @Override
    public void close() {
        acquirer.close();
    }
}
