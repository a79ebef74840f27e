package store.payment.acquirer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import store.payment.Acquirer;

/** An acquirer that only has a statement, with any lines that a test gives it, and the real adapter that calls it. */
public final class StubAcquirer implements AutoCloseable {

    private static final Pattern QUERY = Pattern.compile("limit=(\\d+)(?:&after=(\\d+)-(\\d+))?");

    private final HttpServer server;
    private final HttpAcquirer acquirer;
    private final IntSupplier size;
    private final IntFunction<String> line;
    private volatile int generation;
    private volatile @Nullable String refusal;

    /** @param line the JSON of the nth line */
    public StubAcquirer(IntSupplier size, IntFunction<String> line) throws IOException {
        this.size = size;
        this.line = line;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/statement", this::statement);
        server.start();
        acquirer = Sandbox.acquirer(port());
    }

    public static String line(String id, UUID orderId, String kind, long amount, Instant at) {
        return "{\"id\":\"%s\",\"orderId\":\"%s\",\"kind\":\"%s\",\"amount\":{\"amount\":%d,\"currency\":\"EUR\"},\"at\":\"%s\"}"
                .formatted(id, orderId, kind, amount, at);
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public Acquirer acquirer() {
        return acquirer;
    }

    /** For a process that calls a stub in another process. */
    public static Acquirer acquirer(int port) {
        return Sandbox.acquirer(port);
    }

    /** Forgets all cursors that it gave out. */
    public void forgetCursors() {
        generation++;
    }

    /** @param body the body of a 404 that answers each request from now on; null to answer normally again */
    public void refuse(@Nullable String body) {
        refusal = body;
    }

    private void statement(HttpExchange exchange) throws IOException {
        var query = QUERY.matcher(exchange.getRequestURI().getRawQuery());
        if (!query.matches()) {
            throw new IOException("not a query of the statement");
        }
        var refused = refusal;
        if (refused == null && query.group(2) != null && !query.group(2).equals(Integer.toString(generation))) {
            refused = "{\"title\":\"Not Found\",\"status\":404,\"reason\":\"UNKNOWN_CURSOR\"}";
        }
        var body = refused == null ? page(Integer.parseInt(query.group(1)), query.group(3)) : refused;
        var bytes = body.getBytes(UTF_8);
        exchange.sendResponseHeaders(refused == null ? 200 : 404, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private String page(int limit, @Nullable String after) {
        var from = after == null ? 0 : Integer.parseInt(after);
        var to = Math.min(from + limit, size.getAsInt());
        var next = to < size.getAsInt() ? "\"" + generation + "-" + to + "\"" : "null";
        return IntStream.range(from, to).mapToObj(line).collect(Collectors.joining(",", "{\"movements\":[", "]"))
                + ",\"next\":" + next + "}";
    }

    @Override
    public void close() {
        acquirer.close();
        server.stop(0);
    }
}
