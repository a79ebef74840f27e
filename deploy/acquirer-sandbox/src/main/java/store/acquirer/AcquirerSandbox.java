package store.acquirer;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.concurrent.Executors;

/**
 * A running acquirer sandbox, either a process of its own ({@link RunSandbox}) or inside another module's tests
 * ({@link #start}).
 *
 * <p>It serves until {@link #close}. Everything that it answered is in its data folder, and a sandbox that starts there
 * later continues from it.
 */
public final class AcquirerSandbox implements AutoCloseable {

    /** A connection takes some 36 KB of heap, so this number leaves room in 32 MB; the server refuses any more. */
    private static final String MAX_CONNECTIONS = "512";

    /** Room for the burst of new connections after a restart. */
    private static final int BACKLOG = 512;

    static {
        // The JDK's server reads these only from system properties, once, when its first instance is created.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
        System.setProperty("sun.net.httpserver.maxIdleConnections", MAX_CONNECTIONS);
        // Longer than any client keeps an idle connection: the server must not close one on which a request arrives.
        System.setProperty("sun.net.httpserver.idleInterval", "300");
        System.setProperty("sun.net.httpserver.maxReqTime", "10"); // seconds for a whole request to arrive
        System.setProperty("sun.net.httpserver.maxReqHeaderSize", "8192");
        System.setProperty("sun.net.httpserver.drainAmount", "1048576"); // or the client sees a reset instead of a 413
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
     * Starts a sandbox with the given clock, which decides the age of captures and keys and when a chargeback is due.
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

    /** The port that the sandbox listens on, whether given or chosen. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Stops at once and closes all connections; a call in progress may or may not have taken effect. */
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
