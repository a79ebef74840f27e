package store.resilience;

import java.util.List;
import java.util.Map;

/**
 * The headers that a service passes on, unchanged, to every peer that it calls for a request: the request's id and the
 * <a href="https://www.w3.org/TR/trace-context/">W3C trace context</a>.
 */
public final class PassedOnHeaders {

    public static final String REQUEST_ID = "X-Request-Id";

    /** Names of the headers that are passed on. */
    public static final List<String> NAMES = List.of(REQUEST_ID, "traceparent", "tracestate");

    private static final ScopedValue<Map<String, String>> CURRENT = ScopedValue.newInstance();

    private PassedOnHeaders() {}

    /** The headers of the request that this thread serves; empty in background work. */
    public static Map<String, String> current() {
        return CURRENT.orElse(Map.of());
    }

    /** Runs {@code work} with {@code headers} as {@link #current()}. */
    public static <X extends Throwable> void with(
            Map<String, String> headers, ScopedValue.CallableOp<?, ? extends X> work) throws X {
        ScopedValue.where(CURRENT, headers).call(work);
    }
}
