package store.gateway;

import static java.util.Objects.requireNonNull;
import static org.springframework.http.HttpStatus.BAD_REQUEST;
import static org.springframework.http.HttpStatus.GATEWAY_TIMEOUT;
import static org.springframework.http.HttpStatus.SERVICE_UNAVAILABLE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cloud.gateway.server.mvc.handler.GatewayServerResponse;
import org.springframework.cloud.gateway.server.mvc.handler.ProxyExchange;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.servlet.function.ServerResponse;
import store.resilience.BoundedHttpClient;
import store.resilience.PassedOnHeaders;
import store.resilience.PeerAnswer.Answered;
import store.resilience.PeerAnswer.NotSent;
import store.resilience.PeerAnswer.Unanswered;
import store.resilience.spring.Problems;

/**
 * Forwards a request to a service in one attempt, bounded in time and size. If the attempt fails, the client gets a
 * problem that says honestly what is known.
 *
 * <p>The answer is held in memory. The gateway library's own exchange streams it, and so cannot tell the client when it
 * stalls half way.
 */
final class PeerExchange implements ProxyExchange, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(PeerExchange.class);

    /** The headers of a request that a service sees; the others are dropped. */
    private static final List<String> HEADERS = Stream.concat(
                    Stream.of("Accept", "Authorization", "Content-Type", "Idempotency-Key"),
                    PassedOnHeaders.NAMES.stream())
            .toList();

    private final BoundedHttpClient http;

    PeerExchange(Duration connectTimeout) {
        this.http = new BoundedHttpClient(connectTimeout);
    }

    @Override
    public ServerResponse exchange(Request request) {
        var outgoing = HttpRequest.newBuilder();
        if (request.getMethod() == HttpMethod.POST) {
            try {
                outgoing.POST(BodyPublishers.ofByteArray(request.getServerRequest()
                        .servletRequest()
                        .getInputStream()
                        .readAllBytes())); // bounded by the edge
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        } else if (request.getMethod() == HttpMethod.HEAD) {
            outgoing.HEAD(); // otherwise a GET, the builder's default
        }
        for (var name : HEADERS) {
            for (var value : request.getHeaders().getOrEmpty(name)) {
                // The JDK's client would send "?" for any other character, so two keys could become one.
                if (!value.chars().allMatch(c -> c >= ' ' && c <= '~')) {
                    return refuse(Problems.detail(
                            BAD_REQUEST, "invalid-request", "The header " + name + " must be visible ASCII."));
                }
                outgoing.header(name, value);
            }
        }
        return call(request, outgoing);
    }

    private ServerResponse call(Request request, HttpRequest.Builder outgoing) {
        var call = PeerCall.markedOn(request.getServerRequest());
        var uri = requireNonNull(request.getUri());
        var target = uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + "?" + uri.getRawQuery();
        return switch (http.send(call.addresses(), target, outgoing, call.timeout())) {
            case Answered answer
            when isFromBetween(answer) ->
                unanswered(request, call, "answered by something in front of the service, " + answer.status());
            case Answered answer -> answered(request, answer);
            case NotSent(var why) -> notSent(request, call, why);
            case Unanswered(var why) -> unanswered(request, call, why);
        };
    }

    /** A service answers 5xx with a problem that says what it did not do. A bare 5xx may come from a proxy. */
    private static boolean isFromBetween(Answered answer) {
        return answer.status() >= 500
                && answer.headers()
                        .firstValue(HttpHeaders.CONTENT_TYPE)
                        .filter(type -> type.startsWith(MediaType.APPLICATION_PROBLEM_JSON_VALUE))
                        .isEmpty();
    }

    private static ServerResponse answered(Request request, Answered response) {
        var headers = new HttpHeaders();
        response.headers().map().forEach(headers::addAll);
        headers.remove(PassedOnHeaders.REQUEST_ID); // the edge has set it already
        var answer = new Answer(HttpStatusCode.valueOf(response.status()), headers);
        var result = GatewayServerResponse.status(answer.getStatusCode()).build((_, out) -> {
            out.getOutputStream().write(response.body());
            return null;
        });
        request.getResponseConsumers().forEach(consumer -> consumer.accept(answer, result));
        return result;
    }

    private static ServerResponse notSent(Request request, PeerCall call, String why) {
        return failed(
                request,
                call,
                why,
                call.changes()
                        ? Problems.detail(SERVICE_UNAVAILABLE, "not-accepted", "Nothing was done. Try again later.")
                        : unavailable());
    }

    private static ServerResponse unanswered(Request request, PeerCall call, String why) {
        return failed(
                request,
                call,
                why,
                call.changes()
                        ? Problems.detail(
                                GATEWAY_TIMEOUT,
                                "outcome-unknown",
                                "It is not known whether this was done. Only a repeat settles it: repeat an order"
                                        + " with the same Idempotency-Key.")
                        : unavailable());
    }

    private static ProblemDetail unavailable() {
        return Problems.detail(SERVICE_UNAVAILABLE, "unavailable", "This cannot be answered now. Try again later.");
    }

    private static ServerResponse failed(Request request, PeerCall call, String why, ProblemDetail problem) {
        log.warn(
                "{} {} to {}: {}; the client gets {} {}, request {}",
                request.getMethod(),
                request.getServerRequest().path(),
                call.peer(),
                why,
                problem.getStatus(),
                problem.getType(),
                request.getServerRequest().headers().firstHeader(PassedOnHeaders.REQUEST_ID));
        return refuse(problem);
    }

    static ServerResponse refuse(ProblemDetail problem) {
        var response =
                GatewayServerResponse.status(problem.getStatus()).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        if (problem.getStatus() == SERVICE_UNAVAILABLE.value()) {
            response.header(HttpHeaders.RETRY_AFTER, "1");
        }
        return response.body(problem);
    }

    @Override
    public void close() {
        http.close();
    }

    private record Answer(HttpStatusCode status, HttpHeaders headers) implements Response {

        @Override
        public HttpStatusCode getStatusCode() {
            return status;
        }

        @Override
        public HttpHeaders getHeaders() {
            return headers;
        }
    }
}
