package store.local.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {

    @Test
    void takesEachPortOnceAndNoneOfOutgoingConnections() throws IOException {
        Ports ports = new Ports();
        int first = ports.take();
        int second = ports.take();
        assertThat(first).isNotEqualTo(second).isBetween(20_000, 31_999);
    }

    @Test
    void seesAServerOnLoopbackOrOnEveryAddress() throws IOException {
        int port = new Ports().take();
        try (ServerSocket server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(Ports.isFree(server.getLocalPort())).isFalse();
        }
        try (ServerSocket server = new ServerSocket(port)) {
            assertThat(Ports.isFree(server.getLocalPort())).isFalse();
        }
        assertThat(Ports.isFree(port)).isTrue();
    }
}
