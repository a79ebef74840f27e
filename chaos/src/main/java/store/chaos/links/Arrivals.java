package store.chaos.links;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** HTTP requests that a link let pass upstream, by second. */
final class Arrivals {

    /** Requests that passed in one second of the wall clock. */
    record InSecond(long second, int requests) {}

    private static final int KEPT_SECONDS = 900;
    private static final List<byte[]> STARTS = Stream.of(
                    "GET /", "POST /", "PUT /", "PATCH /", "DELETE /", "HEAD /", "OPTIONS /")
            .map(start -> start.getBytes(US_ASCII))
            .toList();

    private static final byte[] ANSWER = "HTTP/1.".getBytes(US_ASCII);

    private final long[] seconds = new long[KEPT_SECONDS];
    private final int[] requests = new int[KEPT_SECONDS];

    /**
     * Returns whether an HTTP request begins here. Clients begin each request with a write of its own, so only the start of the bytes is
     * examined; pipelined requests and TLS are not counted. Messages of the PostgreSQL protocol never begin like this.
     */
    static boolean begin(ByteBuffer bytes) {
        for (var start : STARTS) {
            if (bytes.remaining() >= start.length && startsWith(bytes, start)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether an HTTP answer begins here. */
    static boolean answer(ByteBuffer bytes) {
        return bytes.remaining() >= ANSWER.length && startsWith(bytes, ANSWER);
    }

    private static boolean startsWith(ByteBuffer bytes, byte[] start) {
        for (var index = 0; index < start.length; index++) {
            if (bytes.get(bytes.position() + index) != start[index]) {
                return false;
            }
        }
        return true;
    }

    synchronized void count(long second) {
        var slot = (int) (second % KEPT_SECONDS);
        if (seconds[slot] != second) {
            seconds[slot] = second;
            requests[slot] = 0;
        }
        requests[slot]++;
    }

    /** Oldest first, without seconds that had no request. */
    synchronized List<InSecond> until(long now) {
        var kept = new ArrayList<InSecond>();
        for (var second = now - KEPT_SECONDS + 1; second <= now; second++) {
            var slot = (int) (second % KEPT_SECONDS);
            if (seconds[slot] == second) {
                kept.add(new InSecond(second, requests[slot]));
            }
        }
        return kept;
    }
}
