package store.acquirer;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.concurrent.Executors;

/**
 * A running acquirer sandbox, either a process of its own ({@link RunSandbox}) or inside another module's tests ({@link #start}).
 *
 * <p>It serves until {@link #close}; whatever it has answered is in its data folder, and a sandbox started there later goes on
 * with it.
 */
public final class AcquirerSandbox implements AutoCloseable {

    /** At some 36 KB of heap each, they leave room in 32 MB; more are turned away. */
    private static final String MAX_CONNECTIONS = "512";

    /** A burst of new connections, as after a restart, does not find the door shut. */
    private static final int BACKLOG = 512;

    static {
        // The JDK's server takes these from system properties only, once, when its first instance is made.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
        System.setProperty("sun.net.httpserver.maxIdleConnections", MAX_CONNECTIONS);
        // Longer than any client keeps an idle connection: whoever hangs up first must not be the server, under a
        // request.
        System.setProperty("sun.net.httpserver.idleInterval", "300");
        System.setProperty("sun.net.httpserver.maxReqTime", "10"); // seconds for a whole request to arrive
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", "8192");
        System.setProperty("sun.net.httpserver.drainAmount", "1048576"); // so that a 413 is read, not reset
    }

    private final Ledger ledger;
    private final HttpApi api;
    private final HttpServer server;

    private AcquirerSandbox(Ledger ledger, HttpApi api, HttpServer server) {
        this.ledger = ledger;
        this.api = api;
        this.server = server;
    }

    /**
     * Starts a sandbox with the system's clock.
     *
     * @throws IOException if the data folder is in use, its journal is damaged, or the port is taken
     */
    public static AcquirerSandbox start(AcquirerSettings settings) throws IOException {
        return start(settings, InstantSource.system());
    }

    /**
     * Starts a sandbox with another clock: it decides the ages of captures and keys, and when chargebacks fall due.
     *
     * @throws IOException if the data folder is in use, its journal is damaged, or the port is taken
     */
    public static AcquirerSandbox start(AcquirerSettings settings, InstantSource clock) throws IOException {
        var address = new InetSocketAddress(settings.bind(), settings.port());
        Ledger ledger = Ledger.open(settings, clock, Journal.Disk.FDATASYNC);
        try {
            HttpServer server = HttpServer.create(address, BACKLOG);
            var api = new HttpApi(ledger);
            server.createContext("/", api);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.start();
            return new AcquirerSandbox(ledger, api, server);
        } catch (IOException e) {
            ledger.close();
            throw e;
        }
    }

    /** The port it listens on, also if it chose one itself. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Stops at once: connections are closed, and calls under way may have had their effect or not. */
    @Override
    public void close() {
        api.close();
        server.stop(0);
        try {
            ledger.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
