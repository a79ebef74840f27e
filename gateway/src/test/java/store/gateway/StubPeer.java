package store.gateway;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Stands in for a service: records its requests, and answers or misbehaves as a test tells it to. */
final class StubPeer implements AutoCloseable {

    record Asked(String method, String target, Headers headers, byte[] body) {}

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile HttpHandler behaviour = exchange -> exchange.sendResponseHeaders(204, -1);
    private InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private HttpServer server;

    StubPeer() throws IOException {
        server = start();
        address = server.getAddress();
    }

    int port() {
        return address.getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    void behave(HttpHandler behaviour) {
        this.behaviour = behaviour;
    }

    /** Frees the port for {@code meanwhile}, then takes it again. */
    void away(Interlude meanwhile) throws Exception {
        server.stop(0);
        try {
            meanwhile.run();
        } finally {
            server = start();
        }
    }

    interface Interlude {
        void run() throws Exception;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private HttpServer start() throws IOException {
        var started = HttpServer.create(address, 0);
        started.setExecutor(threads);
        started.createContext("/", exchange -> {
            try (exchange) {
                asked.add(new Asked(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        exchange.getRequestHeaders(),
                        exchange.getRequestBody().readAllBytes()));
                behaviour.handle(exchange);
            }
        });
        started.start();
        return started;
    }
}
