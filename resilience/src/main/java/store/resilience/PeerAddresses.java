package store.resilience;

import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** The addresses of one peer's instances. All instances are equal, so calls start at each in turn. */
public final class PeerAddresses {

    private final List<URI> addresses;
    private final AtomicInteger calls = new AtomicInteger();

    /** @param addresses at least one; scheme, host and port of each, without a path */
    public PeerAddresses(List<URI> addresses) {
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("a peer needs an address");
        }
        this.addresses = List.copyOf(addresses);
    }

    /** All addresses, starting with the one whose turn it is. */
    List<URI> inTurn() {
        var first = Math.floorMod(calls.getAndIncrement(), addresses.size());
        return IntStream.range(first, first + addresses.size())
                .mapToObj(place -> addresses.get(place % addresses.size()))
                .toList();
    }
}
