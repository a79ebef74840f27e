package store.chaos.links;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import store.chaos.links.Toxic.Direction;

/** A client's connection and the one behind it, with a pump for each direction. */
final class Connection {

    /** A peer on the same machine or network answers at once, or is not there. */
    private static final int CONNECT_MILLIS = 10_000;

    private final Link link;
    private final SocketChannel client;
    private final SocketChannel upstream;
    private final Pump up;
    private final Pump down;
    private final AtomicBoolean closed = new AtomicBoolean();

    Connection(Link link, SocketChannel client) throws IOException {
        this.link = link;
        this.client = client;
        upstream = SocketChannel.open();
        up = new Pump(this, link.counted(), Direction.UPSTREAM, client, upstream);
        down = new Pump(this, link.counted(), Direction.DOWNSTREAM, upstream, client);
    }

    /** Returns when the client has nothing more to send. */
    void serve(InetSocketAddress address) {
        try {
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            upstream.setOption(StandardSocketOptions.TCP_NODELAY, true);
            upstream.socket().connect(address, CONNECT_MILLIS);
        } catch (IOException unreachable) {
            if (!closed.get()) {
                link.counted().unreachable().increment();
            }
            cut();
            return;
        }
        Thread.ofPlatform().daemon().start(down); // a platform thread wakes sooner than a virtual one
        up.run();
    }

    void toxicsAre(List<Toxic> toxics) {
        down.toxicsAre(toxics); // first: when upstream refuses a request, downstream must be ready to answer it
        up.toxicsAre(toxics);
    }

    boolean isClosed() {
        return closed.get();
    }

    /** Whether the direction opposite to this pump has passed on its end. */
    boolean isDoneOpposite(Pump pump) {
        return (pump == up ? down : up).isDone();
    }

    /** Answers a request with an error. @param now without waiting for the real answer */
    void refuse(boolean now) {
        down.refuse(now);
    }

    /** Called when a pump has passed on the end of its stream. */
    void done() {
        if (up.isDone() && down.isDone()) {
            cut();
        } else {
            up.wake();
            down.wake();
        }
    }

    void cut() {
        close(false);
    }

    /** Both sides see a reset, as if there were one connection. */
    void reset() {
        close(true);
    }

    private void close(boolean reset) {
        if (closed.compareAndSet(false, true)) {
            link.closed(this);
            close(client, reset);
            close(upstream, reset);
            up.wake();
            down.wake();
        }
    }

    private static void close(SocketChannel channel, boolean reset) {
        try (channel) {
            if (reset) {
                channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException gone) {
            // The channel is closed already.
        }
    }
}
