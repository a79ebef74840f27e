package store.local.topology;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports on loopback. They are below the ports of outgoing connections, which begin at 32768 on Linux and at 49152
 * on macOS: otherwise an outgoing connection could take a part's port while the part is down.
 */
public final class Ports {

    private static final int LOWEST = 20_000;
    private static final int COUNT = 12_000;

    /** Random, so that two instances that start at the same time do not take the same ports. */
    private int next = ThreadLocalRandom.current().nextInt(COUNT);

    /** Returns a port on which nothing listens; never the same one twice. */
    public synchronized int take() throws IOException {
        for (int tries = 0; tries < COUNT; tries++) {
            int port = LOWEST + next++ % COUNT;
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free port between " + LOWEST + " and " + (LOWEST + COUNT));
    }

    /** Whether a server could listen on this port on loopback now. */
    public static boolean isFree(int port) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (Socket probe = new Socket()) {
            probe.connect(address, 200);
            return false; // macOS allows to bind beside a server that listens on every address
        } catch (IOException nobodyAnswers) {
            try (ServerSocket server = new ServerSocket()) {
                server.bind(address);
                return true;
            } catch (IOException taken) {
                return false;
            }
        }
    }
}
