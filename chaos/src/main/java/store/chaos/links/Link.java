package store.chaos.links;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** A listening address and the peer behind it; Toxiproxy calls this a proxy. */
final class Link {

    /** Totals since the link was made. */
    record Counted(
            LongAdder connections,
            LongAdder cut,
            LongAdder unreachable,
            LongAdder bytesUpstream,
            LongAdder bytesDownstream,
            Arrivals arrivals) {
        Counted() {
            this(new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder(), new LongAdder(), new Arrivals());
        }
    }

    /** Long enough that a burst is not refused; the kernel may allow less. */
    private static final int BACKLOG = 1024;
    /** How many removed toxics are still reported. */
    private static final int KEPT_TOXICS = 100;

    private final String name;
    private final Counted counted = new Counted();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    // Guarded by this. Pumps never take this lock, so a thread that holds it may take theirs.
    private String listen;
    private String upstream;
    private List<Toxic> toxics = List.of();
    private final List<Toxic> gone = new ArrayList<>();
    private @Nullable ServerSocketChannel listener;
    private @Nullable Thread acceptor;

    Link(String name, String listen, String upstream) {
        this.name = name;
        this.listen = listen;
        this.upstream = upstream;
    }

    String name() {
        return name;
    }

    Counted counted() {
        return counted;
    }

    int open() {
        return connections.size();
    }

    synchronized String listen() {
        return listen;
    }

    synchronized String upstream() {
        return upstream;
    }

    synchronized boolean isEnabled() {
        return listener != null;
    }

    synchronized List<Toxic> toxics() {
        return toxics;
    }

    /** The removed toxics, the latest last; of each name only the last one. */
    synchronized List<Toxic> goneToxics() {
        return List.copyOf(gone);
    }

    /** Does nothing if the link is enabled. @throws IOException if it cannot listen there */
    synchronized void enable() throws IOException {
        if (listener != null) {
            return;
        }
        var address = address(listen);
        var opened = ServerSocketChannel.open();
        try {
            opened.bind(address, BACKLOG);
        } catch (IOException | RuntimeException failed) {
            opened.close();
            throw new IOException("listen tcp " + listen + ": " + failed.getMessage(), failed);
        }
        var bound = (InetSocketAddress) opened.getLocalAddress();
        listen = bound.getAddress().getHostAddress() + ":" + bound.getPort();
        listener = opened;
        acceptor = Thread.ofVirtual().name(name).start(() -> accept(opened));
    }

    /** Refuses new connections and cuts the existing ones; when this returns, nothing listens any more. */
    synchronized void disable() throws IOException, InterruptedException {
        if (listener == null || acceptor == null) {
            return;
        }
        listener.close();
        // The accepting virtual thread closes the socket itself, once it has woken up.
        acceptor.join();
        listener = null;
        acceptor = null;
        for (var connection : List.copyOf(connections)) {
            counted.cut().increment();
            connection.cut();
        }
    }

    /** Like Toxiproxy, cuts all connections if an address changes. */
    synchronized void update(String newListen, String newUpstream, boolean enabled)
            throws IOException, InterruptedException {
        if (!newListen.equals(listen) || !newUpstream.equals(upstream)) {
            address(newUpstream);
            disable();
            listen = newListen;
            upstream = newUpstream;
        }
        if (enabled) {
            enable();
        } else {
            disable();
        }
    }

    /** When this returns, these toxics and no others act on every connection. */
    synchronized void toxicsAre(List<Toxic> wanted) {
        for (var toxic : toxics) {
            if (wanted.stream().noneMatch(other -> other.tally() == toxic.tally())) {
                gone.removeIf(other -> other.name().equals(toxic.name()));
                gone.add(toxic);
                if (gone.size() > KEPT_TOXICS) {
                    gone.removeFirst();
                }
            }
        }
        gone.removeIf(toxic -> wanted.stream().anyMatch(other -> other.name().equals(toxic.name())));
        // In the order in which Toxiproxy lists them.
        toxics = wanted.stream().sorted(Comparator.comparing(Toxic::stream)).toList();
        for (var connection : connections) {
            connection.toxicsAre(toxics);
        }
    }

    /** Does nothing if the toxic has gone. */
    synchronized void remove(Toxic.Tally tally) {
        toxicsAre(toxics.stream().filter(toxic -> toxic.tally() != tally).toList());
    }

    void closed(Connection connection) {
        connections.remove(connection);
    }

    private void accept(ServerSocketChannel open) {
        while (open.isOpen()) {
            try {
                var client = open.accept();
                Thread.ofPlatform().daemon().start(() -> serve(client, open));
            } catch (IOException failed) {
                if (open.isOpen()) {
                    System.err.println("links: " + name + " cannot accept: " + failed.getMessage() + "; trying again");
                }
            }
        }
    }

    private void serve(SocketChannel client, ServerSocketChannel from) {
        try {
            var connection = new Connection(this, client);
            counted.connections().increment();
            InetSocketAddress address;
            synchronized (this) {
                address = address(upstream);
                if (listener == from) {
                    connections.add(connection);
                    connection.toxicsAre(toxics);
                } else {
                    counted.cut().increment();
                    connection.cut();
                    return;
                }
            }
            connection.serve(address);
        } catch (IOException failed) {
            System.err.println("links: " + name + " drops a client: " + failed.getMessage());
        }
    }

    /** {@code host:port}; without a host, the loopback: a link is reachable from elsewhere only if its address says so. */
    private static InetSocketAddress address(String text) throws IOException {
        var colon = text.lastIndexOf(':');
        try {
            var port = colon < 0 ? 0 : Integer.parseInt(text.substring(colon + 1));
            var host = text.substring(0, Math.max(colon, 0)).replaceAll("[\\[\\]]", "");
            return new InetSocketAddress(host.isEmpty() ? "127.0.0.1" : host, port);
        } catch (IllegalArgumentException malformed) {
            throw new IOException("address " + text + ": not host:port", malformed);
        }
    }
}
