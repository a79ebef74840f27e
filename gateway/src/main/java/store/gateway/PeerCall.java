package store.gateway;

import java.net.URI;
import java.time.Duration;
import org.springframework.cloud.gateway.server.mvc.common.MvcUtils;
import org.springframework.web.servlet.function.ServerRequest;
import store.resilience.PeerAddresses;

/**
 * How a route calls the service behind it.
 *
 * @param peer the service's name, for log lines
 * @param timeout bound on the whole attempt
 * @param changes whether the call may change something, so that without an answer its outcome is unknown
 */
record PeerCall(String peer, PeerAddresses addresses, Duration timeout, boolean changes) {

    /** A placeholder: the gateway needs an address before {@link PeerExchange} picks one of the instances. */
    private static final URI SOMEWHERE = URI.create("http://peer");

    private static final String ATTRIBUTE = PeerCall.class.getName();

    /** Marks {@code request} to be answered by this call. */
    ServerRequest mark(ServerRequest request) {
        MvcUtils.setRequestUrl(request, SOMEWHERE);
        request.attributes().put(ATTRIBUTE, this);
        return request;
    }

    static PeerCall markedOn(ServerRequest request) {
        return (PeerCall) request.attribute(ATTRIBUTE).orElseThrow();
    }
}
