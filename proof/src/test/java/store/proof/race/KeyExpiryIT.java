package store.proof.race;

import static org.assertj.core.api.Assertions.assertThat;
import static store.proof.race.Racing.TIMES;
import static store.proof.race.Racing.repeat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.acquirer.AcquirerSettings;
import store.order.NewOrder;
import store.payment.Movement.Kind;

/**
 * Orders that outlive the acquirer's memory of their keys. The acquirer's 24 hours are 20 seconds here, the store's own
 * times are shortened in proportion, and both use a clock that the test moves forward.
 */
class KeyExpiryIT {

    private static final Duration KEY_TTL = Duration.ofSeconds(20);
    /** Half the lifetime of a key, so that there is a time when a void is too late while its key is still known. */
    private static final Duration VOID_WINDOW = Duration.ofSeconds(10);

    /** Longer than the test takes, so that recovery leaves an order alone until {@link TwoInstances#endLease}. */
    private static final Duration UNTIL_ENDED = Duration.ofHours(1);

    private static final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    @TempDir
    private static Path folder;

    @AutoClose
    private static TwoInstances store;

    @BeforeAll
    static void start() throws IOException {
        store = new TwoInstances(
                folder,
                AcquirerSettings.defaults(folder.resolve("acquirer"))
                        .withKeyTtl(KEY_TTL)
                        .withVoidWindow(VOID_WINDOW),
                () -> Instant.now().plus(ahead.get()),
                Map.of(
                        "store.payment.attempts.key-trust", scaled(Duration.ofHours(20)),
                        "store.payment.attempts.quiet", scaled(Duration.ofHours(1)),
                        "store.payment.attempts.longest-backoff", "500ms"));
    }

    private static String scaled(Duration real) {
        return real.toMillis() * KEY_TTL.toMillis() / Duration.ofHours(24).toMillis() + "ms";
    }

    @Test
    void whatTheAcquirerHasForgottenIsNeitherCapturedNorGivenBackTwice() throws Exception {
        // The request died after the capture; then payment's database came back empty.
        var forgottenHere = repeat(TIMES, _ -> {
            var order = begin();
            store.one.charge(order);
            return order;
        });
        store.emptyPayments();
        var answerLost = repeat(TIMES, _ -> {
            var order = begin();
            store.gates.loseAcquirersAnswers(order.id().value());
            store.one.charge(order);
            return order;
        });
        var captureLost = repeat(TIMES, _ -> {
            var order = begin();
            store.gates.loseCallsToAcquirer(order.id().value());
            store.one.charge(order);
            return order;
        });
        var voidLost = repeat(TIMES, _ -> {
            var order = begin();
            store.one.charge(order);
            store.gates.loseCallsToAcquirer(order.id().value());
            store.two.cancel(order);
            return order;
        });
        var cancelledLate = repeat(TIMES, _ -> {
            var order = begin();
            store.one.charge(order);
            return order;
        });
        ahead.set(VOID_WINDOW.plusSeconds(1));
        cancelledLate.forEach(store.two::cancel);
        ahead.set(KEY_TTL.plusSeconds(1));
        var open = Stream.of(forgottenHere, answerLost, captureLost, voidLost)
                .flatMap(List::stream)
                .toList();
        open.forEach(order -> store.gates.mend(order.id().value()));
        open.forEach(store::endLease);

        assertEnded(forgottenHere, "CONFIRMED", Kind.CAPTURE);
        assertEnded(answerLost, "CONFIRMED", Kind.CAPTURE);
        assertEnded(captureLost, "CANCELLED PATIENCE");
        assertEnded(voidLost, "CANCELLED CUSTOMER", Kind.CAPTURE, Kind.REFUND);
        assertEnded(cancelledLate, "CANCELLED CUSTOMER", Kind.CAPTURE, Kind.REFUND);
        store.awaitLedgerLikeStatement();
        store.assertAudited();
    }

    private static NewOrder begin() {
        var order = store.order("tok_visa", store.product(1));
        store.one.record(order, UNTIL_ENDED);
        return order;
    }

    private static void assertEnded(List<NewOrder> orders, String end, Kind... movements) {
        var ids = orders.stream().map(order -> order.id().value()).toList();
        store.awaitEnds(ids);
        assertThat(store.ended(ids)).hasSameSizeAs(orders).allSatisfy(order -> {
            assertThat(order.end()).isEqualTo(end);
            assertThat(order.movements()).containsExactly(movements);
        });
    }
}
