package store.chaos.fault;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The TCP sockets of a process, as Linux lists them in {@code /proc} (proc_pid_net(5)). */
final class Sockets {

    static final int ESTABLISHED = 0x01;
    static final int CLOSE_WAIT = 0x08;
    static final int LISTEN = 0x0A;

    private record Socket(int localPort, int state) {}

    private final List<Socket> sockets;

    private Sockets(List<Socket> sockets) {
        this.sockets = sockets;
    }

    static Sockets of(long pid) throws IOException {
        var process = Path.of("/proc", Long.toString(pid));
        var own = inodes(process.resolve("fd"));
        var sockets = new ArrayList<Socket>();
        for (var table : List.of("net/tcp", "net/tcp6")) {
            Files.readAllLines(process.resolve(table)).stream()
                    .skip(1)
                    .map(line -> line.strip().split(" +"))
                    .filter(fields -> own.contains(fields[9]))
                    .map(fields -> new Socket(
                            Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16),
                            Integer.parseInt(fields[3], 16)))
                    .forEach(sockets::add);
        }
        return new Sockets(sockets);
    }

    private static Set<String> inodes(Path descriptors) throws IOException {
        var inodes = new HashSet<String>();
        try (var open = Files.list(descriptors)) {
            for (var descriptor : open.toList()) {
                try {
                    inodes.add(Files.readSymbolicLink(descriptor).toString().replaceAll("socket:\\[(\\d+)]", "$1"));
                } catch (IOException closedSince) {
                    continue;
                }
            }
        }
        return inodes;
    }

    /** The local ports of the sockets in one state. */
    List<Integer> ports(int state) {
        return sockets.stream()
                .filter(socket -> socket.state() == state)
                .map(Socket::localPort)
                .toList();
    }
}
