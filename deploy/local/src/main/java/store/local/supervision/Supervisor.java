package store.local.supervision;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import store.local.supervision.InstanceFolder.Ownership;

/**
 * The process that stays: it keeps the parts of one instance running and ends them when it is told to end (SIGTERM or SIGINT).
 *
 * <p>Its control channel, on loopback and with a token: {@code GET /parts}; {@code POST /parts/NAME/start|stop|restart}, and to
 * break a part on purpose {@code kill?MILLIS|pause?MILLIS|relieve}. It answers 202 at once, and the outcome is seen in
 * {@code GET /parts}. A fault ends in time even if whoever asked for it is gone.
 */
public final class Supervisor {

    private final InstanceFolder folder;
    private final Ownership ownership;
    private final Plan plan;
    private final List<Keeper> keepers;

    private Supervisor(InstanceFolder folder, Ownership ownership, Plan plan) {
        this.folder = folder;
        this.ownership = ownership;
        this.plan = plan;
        this.keepers = plan.parts().stream()
                .map(part -> new Keeper(part, plan.restart(), plan.restartDelay(), started -> record()))
                .toList();
    }

    /**
     * Runs the plan in the given folder until the process is told to end. Every part is held at first.
     *
     * @param arguments the instance's folder
     */
    public static void main(String[] arguments) throws IOException {
        InstanceFolder folder = new InstanceFolder(Path.of(arguments[0]));
        Optional<Ownership> ownership = folder.own();
        Optional<Plan> plan = folder.plan();
        if (ownership.isEmpty() || plan.isEmpty()) {
            say(folder.name() + (plan.isEmpty() ? " has no plan" : " is run by another supervisor"));
            System.exit(1);
            return;
        }
        Supervisor supervisor = new Supervisor(folder, ownership.get(), plan.get());
        supervisor.record();
        HttpServer control = supervisor.control();
        Runtime.getRuntime().addShutdownHook(new Thread(supervisor::end, "end"));
        control.start();
        say("supervises " + folder.name());
    }

    static void say(String line) {
        System.out.println(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + line);
    }

    private HttpServer control() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), plan.controlPort()), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange);
            }
        });
        return server;
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] expected = ("Bearer " + plan.token()).getBytes(StandardCharsets.UTF_8);
        String given = exchange.getRequestHeaders().getFirst("Authorization");
        if (given == null || !MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8))) {
            exchange.sendResponseHeaders(401, -1);
            return;
        }
        String[] path = exchange.getRequestURI().getPath().substring(1).split("/");
        String request = exchange.getRequestMethod() + " " + path[0] + (path.length == 3 ? " " + path[2] : "");
        if (request.equals("GET parts") && path.length == 1) {
            byte[] body = InstanceFolder.JSON.writeValueAsBytes(
                    keepers.stream().map(Keeper::report).toList());
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            return;
        }
        Optional<Keeper> keeper = keepers.stream()
                .filter(candidate -> path.length == 3 && candidate.part().name().equals(path[1]))
                .findAny();
        Optional<Runnable> command = keeper.map(chosen -> switch (request) {
            case "POST parts start" -> chosen::start;
            case "POST parts stop" -> chosen::stop;
            case "POST parts restart" -> chosen::restart;
            case "POST parts kill" -> () -> chosen.kill(length(exchange));
            case "POST parts pause" -> () -> chosen.pause(length(exchange));
            case "POST parts relieve" -> chosen::relieve;
            default -> null;
        });
        command.ifPresent(work -> Thread.ofPlatform().name(request).start(work));
        exchange.sendResponseHeaders(command.isPresent() ? 202 : 404, -1);
    }

    private static Duration length(HttpExchange exchange) {
        String millis = exchange.getRequestURI().getQuery();
        return Duration.ofMillis(millis == null ? 0 : Long.parseLong(millis));
    }

    /** Keeps on disk which processes are ours: if this process is killed, they stay. */
    private synchronized void record() {
        Map<String, ProcessIdentity> running = new LinkedHashMap<>();
        ProcessIdentity.of(ProcessHandle.current().pid())
                .ifPresent(self -> running.put(InstanceFolder.SUPERVISOR, self));
        for (Keeper keeper : keepers) {
            ProcessIdentity identity = keeper.identity();
            if (identity != null) {
                running.put(keeper.part().name(), identity);
            }
        }
        try {
            folder.write(running);
        } catch (IOException e) {
            say("cannot record the processes, the next start goes on without this one: " + e);
        }
    }

    private void end() {
        say("ends");
        keepers.reversed().forEach(Keeper::stop);
        try {
            folder.clear();
            ownership.close();
        } catch (IOException e) {
            say("leaves " + folder.path() + " behind: " + e);
        }
        say("ended");
    }
}
