package store.local.topology;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports on loopback, below the ranges from which Linux (32768 on) and macOS (49152 on) take the ports of outgoing connections:
 * otherwise such a connection could take the port of a part while that is down.
 */
public final class Ports {

    private static final int LOWEST = 20_000;
    private static final int COUNT = 12_000;

    /** Two instances that start at the same moment begin at different places. */
    private int next = ThreadLocalRandom.current().nextInt(COUNT);

    /** The next port that nobody listens on; never the same one twice. */
    public synchronized int take() throws IOException {
        for (int tries = 0; tries < COUNT; tries++) {
            int port = LOWEST + next++ % COUNT;
            if (isFree(port)) {
                return port;
            }
        }
        throw new IOException("no free port between " + LOWEST + " and " + (LOWEST + COUNT));
    }

    /** Whether a server could have this port on loopback now. */
    public static boolean isFree(int port) {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (Socket probe = new Socket()) {
            probe.connect(address, 200);
            return false; // macOS would let us bind beside somebody who listens on every address
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
