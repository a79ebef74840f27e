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
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.local.supervision.InstanceFolder.Ownership;

/**
 * The process that keeps the parts of one instance running, and stops them when SIGTERM or SIGINT ends it.
 *
 * <p>Its control channel, on loopback and with a token, takes {@code GET /parts} and
 * {@code POST /parts/NAME/start|stop|restart}; a test breaks a part by
 * {@code kill|kill?MILLIS|pause?MILLIS|throttle?MILLIS&PERCENT|relieve}. It answers 202 at once; {@code GET /parts}
 * shows the outcome. A part has one fault at a time, the latest. The fault ends in time even if its requester has died.
 */
public final class Supervisor {

    /** A longer fault is a mistake. */
    private static final Duration LONGEST_FAULT = Duration.ofDays(1);

    private final InstanceFolder folder;
    private final Ownership ownership;
    private final Plan plan;
    private final List<Keeper> keepers;

    private Supervisor(InstanceFolder folder, Ownership ownership, Plan plan) {
        this.folder = folder;
        this.ownership = ownership;
        this.plan = plan;
        this.keepers = plan.parts().stream()
                .map(part -> new Keeper(part, plan.restart(), plan.restartDelay(), this::record))
                .toList();
    }

    /**
     * Runs the plan in the given folder until a signal ends the process. No part starts before a request.
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
        String query = Objects.requireNonNullElse(exchange.getRequestURI().getQuery(), "");
        try {
            Optional<Runnable> command = keeper.map(chosen -> command(chosen, request, query));
            command.ifPresent(work -> Thread.ofPlatform().name(request).start(work));
            exchange.sendResponseHeaders(command.isPresent() ? 202 : 404, -1);
        } catch (IllegalArgumentException refused) {
            byte[] reason = String.valueOf(refused.getMessage()).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain;charset=utf-8");
            exchange.sendResponseHeaders(400, reason.length);
            exchange.getResponseBody().write(reason);
        }
    }

    /** @throws IllegalArgumentException if the request is known and its query is wrong */
    private static @Nullable Runnable command(Keeper keeper, String request, String query) {
        return switch (request) {
            case "POST parts start" -> keeper::start;
            case "POST parts stop" -> keeper::stop;
            case "POST parts restart" -> keeper::restart;
            case "POST parts kill" -> {
                Duration hold = query.isEmpty() ? Duration.ZERO : length(query);
                yield () -> keeper.kill(hold);
            }
            case "POST parts pause" -> {
                Duration length = length(query);
                yield () -> keeper.pause(length);
            }
            case "POST parts throttle" -> {
                int and = Math.max(query.indexOf('&'), 0);
                Duration length = length(query.substring(0, and));
                int percent = (int) number(query.substring(and + 1), 99, "percent");
                yield () -> keeper.throttle(length, percent);
            }
            case "POST parts relieve" -> keeper::relieve;
            default -> null;
        };
    }

    private static Duration length(String millis) {
        return Duration.ofMillis(number(millis, LONGEST_FAULT.toMillis(), "milliseconds"));
    }

    private static long number(String text, long most, String unit) {
        try {
            long number = Long.parseLong(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // refused below
        }
        throw new IllegalArgumentException("'" + text + "' is not 1 to " + most + " " + unit);
    }

    /** Writes to disk which processes are the instance's: they outlive this process if it is killed. */
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
            say("cannot record which processes run; deploy/local/down may miss one: " + e);
        }
    }

    private void end() {
        say("stops all parts");
        keepers.reversed().forEach(Keeper::stop);
        try {
            folder.clear();
            ownership.close();
        } catch (IOException e) {
            say("cannot clear up " + folder.path() + ": " + e);
        }
        say("ended");
    }
}
