package store.monolith;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import store.chaos.StartedStore;
import tools.jackson.databind.JsonNode;

/** The faults that services can suffer, injected into the one process, its database, and its two links. */
@Timeout(60)
class MonolithFaultIT {

    private static final Duration BOUND = Duration.ofSeconds(30);

    private static StartedStore store;
    private static JsonNode product;

    @BeforeAll
    static void up() throws Exception {
        store = StartedStore.up("monolith", 1_000, "--links");
        product = store.products().getFirst();
        // A cold store may exceed its own bounds, and these tests are about faults.
        for (var order = 0; order < 10; order++) {
            place();
        }
    }

    @AfterAll
    static void down() throws Exception {
        store.down();
    }

    @AfterEach
    void isMended() {
        await().atMost(BOUND).ignoreExceptions().until(() -> place().statusCode() == 201);
    }

    @Test
    void staysDownAsLongAsItIsToldTo() throws Exception {
        var before = Instant.now();
        assertThat(fault("inject", "kill", "monolith", "--for", "2s")).isZero();

        assertThatThrownBy(MonolithFaultIT::place).isInstanceOf(IOException.class);
        await().atMost(BOUND).until(() -> !store.part("monolith").path("pid").isNull());
        assertThat(Instant.now()).isAfter(before.plusSeconds(2));
    }

    @Test
    void aPausedDatabaseAnswersNobody() throws Exception {
        assertThat(fault("inject", "pause", "monolith-db", "--for", "2s")).isZero();

        assertThat(place().statusCode()).isIn(503, 504);
    }

    @Test
    void aSlowLinkMakesACheckoutSlow() throws Exception {
        assertThat(fault("inject", "slow", "monolith:acquirer-sandbox", "--by", "300ms"))
                .isZero();

        var before = System.nanoTime();
        assertThat(place().statusCode()).isEqualTo(201);
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isBetween(Duration.ofMillis(300), Duration.ofSeconds(2));

        assertThat(fault("inject", "slow", "monolith:monolith-db", "--by", "10ms"))
                .isZero();
        place();
        assertThat(fault("revert", "--all")).as("both have fired").isZero();
    }

    @Test
    void theAcquirersErrorsLeaveTheWorkDoneAndTheOrderPending() throws Exception {
        assertThat(fault("inject", "errors", "acquirer-sandbox")).isZero();

        var pending = place();
        assertThat(pending.statusCode()).isEqualTo(202);
        assertThat(store.statement())
                .containsEntry(StartedStore.json(pending).path("id").asString(), List.of("CAPTURE"));
        assertThat(fault("revert", "--all")).isZero();
    }

    private static int fault(String... arguments) throws Exception {
        return store.run("chaos/fault", arguments);
    }

    private static HttpResponse<String> place() throws Exception {
        return store.place(store.guest(), UUID.randomUUID().toString(), product);
    }
}
