package store.chaos.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static store.chaos.audit.Story.BEGIN;
import static store.chaos.audit.Story.PRICE;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import store.chaos.audit.Verdict.Finding;
import store.chaos.audit.Verdict.Violation;

/** Shows that each invariant can hold, and that one wrong fact breaks it. */
class JudgementTest {

    private final Story story = new Story();
    private final Facts.Builder facts = story.facts;
    private final UUID good = story.confirmed();

    @Test
    void holdsForAStoreThatKeptItsPromises() {
        story.compensated();
        story.rejected("PRICE_CHANGED", "RELEASED");
        story.rejected("OUT_OF_STOCK", "REFUSED");
        story.pending(facts.now.minusSeconds(5));
        story.moved(good, "CHARGEBACK", PRICE, "EUR", facts.now);
        var findings = story.judged();
        assertThat(findings)
                .hasSize(10)
                .allSatisfy((_, finding) ->
                        assertThat(finding.held()).as("%s", finding).isTrue());
        assertThat(of(findings, "I7").inFlight()).isOne();
        assertThat(Verdict.of(findings)).isEqualTo("held");
        assertThat(Branches.of(facts.build()))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "confirmedAtOnce", 1L,
                        "pendingThenConfirmed", 0L,
                        "ambiguousThenResolved", 1L,
                        "compensated", 1L,
                        "withdrawnByTombstone", 0L,
                        "fencedOff", 0L,
                        "priceChanged", 1L));
    }

    @Test
    void judgesNothingWithoutEvidence() {
        var nothing = new Story();
        nothing.facts.hasJournal = false;
        nothing.facts.hasArrivals = false;
        nothing.confirmed();
        var findings = nothing.judged();
        assertThat(findings.values().stream().filter(finding -> finding.held() == null))
                .hasSize(4)
                .allSatisfy(finding -> assertThat(finding.notJudged()).containsAnyOf("no journal", "no arrivals"));
        assertThat(Verdict.of(findings)).isEqualTo("not-shown");
    }

    @Test
    void readmeHasEachSentence() throws Exception {
        var readme = Files.readString(Path.of("README.md"));
        assertThat(Judgement.INVARIANTS)
                .allSatisfy(invariant ->
                        assertThat(readme).contains("| %s | %s |".formatted(invariant.name(), invariant.sentence())));
    }

    @Test
    void i1FindsPiecesThatVanished() {
        facts.stock.add(new Facts.Stock("sku-002", 10, 8, 0, 1, 0, 1));
        assertBroken("I1", null, "sku-002: initial 10");
    }

    @Test
    void i1FindsStockThatNoReservationHas() {
        facts.stock.add(new Facts.Stock("sku-002", 10, 8, 1, 1, 0, 1));
        assertBroken("I1", null, "sku-002: held 1");
    }

    @Test
    void i2FindsASecondCapture() {
        story.moved(good, "CAPTURE", BEGIN);
        assertBroken("I2", good, "captured 2 times, and 3998 of it stood at once");
    }

    @Test
    void i2FindsASecondCaptureThatWasVoidedAfterwards() {
        story.moved(good, "CAPTURE", BEGIN);
        story.moved(good, "VOID", BEGIN);
        assertBroken("I2", good, "captured 2 times, and 3998 of it stood at once");
    }

    @Test
    void i2FindsACaptureOfAnotherAmount() {
        var id = story.pending(facts.now);
        story.moved(id, "CAPTURE", PRICE + 1, "EUR", facts.now);
        assertBroken("I2", id, "captured 2000");
    }

    @Test
    void i2FindsACaptureInAnotherCurrency() {
        var id = story.pending(facts.now);
        story.moved(id, "CAPTURE", PRICE, "USD", facts.now);
        assertBroken("I2", id, "another currency");
    }

    @Test
    void i2FindsMorePaidBackThanWasCaptured() {
        var id = story.compensated();
        story.moved(id, "REFUND", BEGIN);
        assertBroken("I2", id, "1999 more returned than captured: 1 captures, 2 voids or refunds, 0 chargebacks");
    }

    @Test
    void i2LetsAChargebackReturnWhatWasCaptured() {
        var cancelled = story.newId();
        story.order(cancelled, "CANCELLED", "CUSTOMER", BEGIN, 0, "");
        story.moved(cancelled, "CAPTURE", BEGIN);
        story.moved(cancelled, "CHARGEBACK", BEGIN.plusSeconds(2));
        story.moved(good, "CHARGEBACK", BEGIN.plusSeconds(2));
        var findings = story.judged();
        for (var invariant : List.of("I2", "I3", "I4")) {
            assertThat(of(findings, invariant).held())
                    .as(invariant + ": the one keeps nothing captured, the other was paid when it was confirmed")
                    .isTrue();
        }
    }

    @Test
    void i2FindsAVoidAfterAChargeback() {
        var id = story.pending(facts.now);
        story.moved(id, "CAPTURE", BEGIN);
        story.moved(id, "CHARGEBACK", BEGIN.plusSeconds(2));
        story.moved(id, "VOID", BEGIN.plusSeconds(4));
        assertBroken("I2", id, "1999 more returned than captured: 1 captures, 1 voids or refunds, 1 chargebacks");
    }

    @Test
    void i2FindsASecondReturnDespiteAnotherCapture() {
        var id = story.compensated();
        story.moved(id, "CHARGEBACK", BEGIN.plusSeconds(4));
        story.moved(id, "CAPTURE", BEGIN.plusSeconds(5));
        assertBroken("I2", id, "1999 more returned than captured");
    }

    @Test
    void i2FindsACaptureAfterAChargeback() {
        story.moved(good, "CHARGEBACK", BEGIN.plusSeconds(2));
        story.moved(good, "CAPTURE", BEGIN.plusSeconds(3));
        assertBroken("I2", good, "captured 2 times");
    }

    @Test
    void i2AddsUpAmountsWhateverTheirNumber() {
        var id = story.newId();
        story.order(id, "CANCELLED", "CUSTOMER", BEGIN, 0, "");
        story.moved(id, "CAPTURE", BEGIN);
        story.moved(id, "REFUND", PRICE - 1, "EUR", BEGIN.plusSeconds(1));
        story.moved(id, "REFUND", 1, "EUR", BEGIN.plusSeconds(2));
        assertThat(finding("I2").held()).isTrue();
        assertThat(finding("I3").held()).isTrue();
        assertThat(finding("I4").held()).isTrue();
    }

    @Test
    void i2FindsAPartialRefund() {
        story.moved(good, "REFUND", 1, "EUR", BEGIN.plusSeconds(1));
        assertBroken("I2", good, "captured 1998, but its total is 1999 EUR");
    }

    @Test
    void i2LetsAPaymentSayThatItDoesNotAddUp() {
        var id = story.pending(facts.now);
        story.paid(id, "UNRECONCILED", true, false);
        story.moved(id, "CAPTURE", BEGIN);
        story.moved(id, "REFUND", 1, "EUR", BEGIN.plusSeconds(1));
        assertThat(finding("I2").held()).isTrue();
        assertThat(finding("I2").inFlight()).isOne();
    }

    @Test
    void i2FindsAnOrderThatEndedThoughItsPaymentDoesNotAddUp() {
        story.paid(good, "UNRECONCILED", true, false);
        story.moved(good, "REFUND", 1, "EUR", BEGIN.plusSeconds(1));
        assertBroken("I2", good, "captured 1998, but its total is 1999 EUR");
    }

    @Test
    void i2FindsAMovementThatItCannotAddUp() {
        story.moved(good, "PARTIAL_REVERSAL", 1, "EUR", BEGIN.plusSeconds(1));
        assertBroken("I2", good, "PARTIAL_REVERSAL");
    }

    @Test
    void i3FindsACaptureOfAnOrderThatWasRejected() {
        var id = story.rejected("OUT_OF_STOCK", "REFUSED");
        story.moved(id, "CAPTURE", BEGIN);
        var findings = assertBroken("I3", id, "REJECTED (OUT_OF_STOCK)");
        assertViolated(of(findings, "I4"), id, "stays captured");
    }

    @Test
    void i3FindsACaptureThatNoOrderHas() {
        var id = story.newId();
        story.moved(id, "CAPTURE", BEGIN);
        assertBroken("I3", id, "no order has this id");
    }

    @Test
    void i3GivesTimeToACaptureWhoseOrderHasNoRowYet() {
        var now = facts.now.toEpochMilli();
        story.moved(new UUID(now << 16 | 0x7000, 1L << 63), "CAPTURE", facts.now);
        assertThat(finding("I3").held()).isTrue();
        assertThat(finding("I3").inFlight()).isOne();
    }

    @Test
    void i3FindsACaptureThatWasUndoneTooLate() {
        var id = story.rejected("OUT_OF_STOCK", "REFUSED");
        story.moved(id, "CAPTURE", BEGIN);
        story.moved(id, "REFUND", BEGIN.plusSeconds(200));
        assertBroken("I3", id, "undone only 80.0 s past its bound");
    }

    @Test
    void i4FindsAConfirmedOrderThatWasNeverCharged() {
        var id = story.newId();
        story.order(id, "CONFIRMED", null, BEGIN, 0, "");
        story.reserved(id, "COMMITTED", BEGIN);
        assertBroken("I4", id, "nothing was captured");
    }

    @Test
    void i4FindsAConfirmedOrderWhoseChargeWasUndone() {
        story.moved(good, "VOID", BEGIN.plusSeconds(9));
        assertBroken("I4", good, "its capture was undone");
    }

    @Test
    void i4FindsAConfirmedOrderWhoseStockIsNotSold() {
        story.reservedWithoutEvents(good, "HELD", BEGIN);
        assertBroken("I4", good, "its stock is HELD");
    }

    @Test
    void i4FindsStockThatARejectedOrderHolds() {
        var id = story.rejected("PRICE_CHANGED", "HELD");
        assertBroken("I4", id, "its stock is HELD");
    }

    @Test
    void i4GivesAnOrderTimeToSettle() {
        var id = story.confirmed(story.newId(), facts.now.minusSeconds(60));
        story.reservedWithoutEvents(id, "HELD", facts.now);
        assertThat(finding("I4").held()).isTrue();
        assertThat(finding("I4").inFlight()).isOne();
    }

    @Test
    void i5FindsAnAcknowledgedOrderThatDoesNotExist() {
        var id = story.newId();
        story.answered(id, BEGIN, "place", 202, 10, Story.orderBody(id, "PENDING"));
        assertBroken("I5", id, "does not exist");
    }

    @Test
    void i5FindsAnOrderThatLeftItsEnd() {
        story.answered(good, BEGIN.plusSeconds(9), "order", 200, 10, Story.orderBody(good, "PENDING"));
        assertBroken("I5", good, "unfinished afterwards");
    }

    @Test
    void i5LetsAnOlderAnswerArriveLate() {
        story.answered(good, BEGIN.plusMillis(90), "order", 200, 500, Story.orderBody(good, "PENDING"));
        assertThat(finding("I5").held()).isTrue();
    }

    @Test
    void i5FindsAnEndThatTheDatabaseDoesNotHave() {
        story.answered(good, BEGIN, "place", 402, 10, Story.problemBody(good, "payment-declined"));
        assertBroken("I5", good, "DECLINED");
    }

    @Test
    void i5FindsAnOrderThatCameBackFromCancelling() {
        story.answered(good, BEGIN, "cancel", 202, 10, Story.orderBody(good, "CANCELLING"));
        assertBroken("I5", good, "clients saw it CANCELLING");
    }

    @Test
    void i5FindsAnOrderThatCouldNotBeFoundAfterwards() {
        story.answered(good, BEGIN.plusSeconds(9), "order", 404, 10, "{}");
        assertBroken("I5", good, "not found afterwards");
    }

    @Test
    void i6FindsASecondOrderUnderAKey() {
        var other = story.confirmed();
        story.answered(good, BEGIN, "place", 201, 10, Story.orderBody(other, "CONFIRMED"));
        assertBroken("I6", good, "also named order " + other);
    }

    @Test
    void i6FindsARepeatWithOtherBytes() {
        story.answered(good, BEGIN, "place", 201, 10, Story.orderBody(good, "CONFIRMED") + " ");
        assertBroken("I6", good, "other final bytes");
    }

    @Test
    void i6FindsAnAnswerThatIsNotTheStoredOne() {
        var id = story.newId();
        story.order(id, "CONFIRMED", null, BEGIN, 201, "{}");
        story.answered(id, BEGIN, "place", 201, 10, Story.orderBody(id, "CONFIRMED"));
        assertBroken("I6", id, "other final bytes than are stored");
    }

    @Test
    void i7FindsAnOrderThatDoesNotEnd() {
        var id = story.pending(facts.now.minusSeconds(200));
        assertBroken("I7", id, "PENDING (AWAITING_PAYMENT) still, 80.0 s past its bound");
    }

    @Test
    void i7FindsAnOrderThatEndedTooLate() {
        story.changed(good, "CONFIRMED", null, BEGIN.plusSeconds(150));
        assertBroken("I7", good, "only 30.0 s past its bound");
    }

    @Test
    void i7CountsFromTheEndOfTheFault() {
        story.pending(facts.now.minusSeconds(200));
        assertThat(finding("I7", facts.now.minusSeconds(100)).held()).isTrue();
    }

    @Test
    void i7GivesRecoveryTimeForItsBacklog() {
        // 4000 orders that are open at the fault's end get 80 s more: they are due after 200 s, and not after 199 s.
        for (var i = 0; i < 4000; i++) {
            story.pending(BEGIN);
        }
        assertThat(finding("I7", facts.now.minusSeconds(199)).held()).isTrue();
        assertThat(finding("I7", facts.now.minusSeconds(201)).violated()).isEqualTo(4000);
    }

    @Test
    void i8FindsAStatusThatTheAuditDoesNotEndWith() {
        story.changed(good, "DECLINED", "CARD_DECLINED", BEGIN);
        assertBroken("I8", good, "its audit goes from CONFIRMED to DECLINED");
    }

    @Test
    void i8FindsAReasonThatTheAuditDoesNotEndWith() {
        var id = story.rejected("OUT_OF_STOCK", "REFUSED");
        story.order(id, "REJECTED", "PRICE_CHANGED", BEGIN, 0, "");
        assertBroken("I8", id, "its audit ends REJECTED (OUT_OF_STOCK)");
    }

    @Test
    void i8FindsAnOrderWithoutAnAudit() {
        var id = story.newId();
        story.order(id, "PENDING", "AWAITING_STOCK", facts.now, 0, "");
        assertBroken("I8", id, "its audit ends null");
    }

    @Test
    void i8FindsAPaymentThatItsEventsDoNotEndWith() {
        story.paid(good, "VOIDED", true, false);
        assertBroken("I8", good, "events end CAPTURED, but the payment is VOIDED");
    }

    @Test
    void i8FindsAGapInThePaymentsEvents() {
        story.paymentStep(good, "VOIDING", "CAPTURED", 2, BEGIN);
        assertBroken("I8", good, "on as if from VOIDING");
    }

    @Test
    void i8FindsAReservationThatItsEventsDoNotEndWith() {
        story.reservedWithoutEvents(good, "RELEASED", BEGIN);
        assertBroken("I8", good, "events end COMMITTED, but the reservation is RELEASED");
    }

    @Test
    void i8FindsAGapInTheReservationsEvents() {
        story.reservationStep(good, "RELEASED", "COMMITTED");
        assertBroken("I8", good, "its reservation's events go from COMMITTED on as if from RELEASED");
    }

    @Test
    void i8FindsAReservationWithoutEvents() {
        var id = story.newId();
        story.reservedWithoutEvents(id, "WITHDRAWN", BEGIN);
        assertBroken("I8", id, "its reservation's events end null, but the reservation is WITHDRAWN");
    }

    @Test
    void i8FindsAReservationThatVanished() {
        story.reservationStep(story.newId(), null, "HELD");
        assertThat(finding("I8").held()).isFalse();
    }

    @Test
    void i9FindsAStorm() {
        arrived("order-service:payment-service", 513); // one order is charged; one arrival is the story's own
        assertBroken("I9", null, "payment-service: 514 arrivals");
    }

    @Test
    void i9AllowsRetriesAndRecovery() {
        for (var i = 1; i < 1000; i++) {
            story.confirmed();
        }
        arrived("order-service:payment-service", 1609);
        arrived("order-service:inventory-service", 2710);
        arrived("payment-service:acquirer-sandbox", 1610);
        assertThat(finding("I9").held()).isTrue();
        assertThat(finding("I9").checked()).isEqualTo(3);
    }

    @Test
    void i9GrantsRecoveryToEachInstanceThatCalls() {
        arrived("order-service-1:payment-service-1", 500);
        arrived("order-service-2:payment-service-2", 500);
        assertThat(finding("I9").held()).isTrue();
        arrived("order-service-1:payment-service-2", 1000);
        assertBroken("I9", null, "payment-service: 2001 arrivals");
    }

    @Test
    void i9CountsTheRequestsOfClients() {
        for (var i = 1; i < 1000; i++) {
            story.answered(good, BEGIN, "order", 200, 1, Story.orderBody(good, "CONFIRMED"));
        }
        arrived("gateway:order-service", 1610);
        assertThat(finding("I9").held()).isTrue();
        arrived("gateway:order-service", 1);
        assertBroken("I9", null, "order-service: 1611 arrivals");
    }

    @Test
    void i9GivesClientsTimeToWriteTheJournal() {
        facts.arrived("gateway:order-service", facts.now.getEpochSecond() - 9, 10_000);
        assertThat(finding("I9").held()).isTrue();
        facts.arrived("gateway:order-service", facts.now.getEpochSecond() - 11, 10_000);
        assertBroken("I9", null, "order-service: 10000 arrivals");
    }

    @Test
    void i9NamesLinksThatItCannotJudge() {
        facts.hasJournal = false;
        arrived("gateway:order-service", 10_000);
        arrived("order-service:order-db", 10_000);
        assertThat(finding("I9").held()).isTrue();
        assertThat(finding("I9").notJudged()).contains("gateway:order-service, order-service:order-db");
    }

    private void arrived(String link, int requests) {
        facts.arrived(link, BEGIN.getEpochSecond(), requests);
    }

    @Test
    void i10FindsACaptureForAKeyThatWasOnlyEverRefused() {
        var id = unanswered();
        var refused = "{\"type\":\"https://checkout-store.example/problems/not-accepted\",\"status\":503}";
        story.answered(id, BEGIN, "place", 503, 10, refused);
        story.answered(id, BEGIN.plusSeconds(1), "place", 429, 10, "");
        assertBroken("I10", id, "every attempt with its key key-" + id + " was refused");
    }

    @Test
    void i10KnowsThatNoAnswerIsNotAnAnswer() {
        var id = unanswered();
        story.answered(id, BEGIN, "place", 429, 10, "");
        story.answered(id, BEGIN.plusSeconds(1), "place", 0, 10, null);
        assertThat(finding("I10").held()).isTrue();
    }

    /** A confirmed order whose client got no answer. */
    private UUID unanswered() {
        var id = story.newId();
        story.order(id, "CONFIRMED", null, BEGIN, 0, "");
        story.captured(id, BEGIN);
        return id;
    }

    private Map<String, Finding> assertBroken(String invariant, @Nullable UUID order, String why) {
        var findings = story.judged();
        assertViolated(of(findings, invariant), order, why);
        assertThat(Verdict.of(findings)).isEqualTo("broken");
        return findings;
    }

    private Finding finding(String invariant) {
        return of(story.judged(), invariant);
    }

    private Finding finding(String invariant, Instant faultEnded) {
        return of(story.judged(faultEnded), invariant);
    }

    private static Finding of(Map<String, Finding> findings, String invariant) {
        return Objects.requireNonNull(findings.get(invariant));
    }

    private static void assertViolated(Finding finding, @Nullable UUID order, String why) {
        assertThat(finding.held()).isFalse();
        assertThat(finding.violations()).singleElement().satisfies(violation -> {
            assertThat(violation.orderId()).isEqualTo(order);
            assertThat(violation).extracting(Violation::why).asString().contains(why);
        });
    }

    @Test
    void judgesAHundredThousandOrdersWithinTheAuditsMemory() {
        var begun = System.nanoTime();
        for (var i = 0; i < 100_000; i++) {
            story.confirmed(story.newId(), BEGIN.plusMillis(i));
        }
        var findings = story.judged();
        var millis = (System.nanoTime() - begun) / 1_000_000;
        assertThat(findings)
                .allSatisfy((_, finding) -> assertThat(finding.held()).isTrue());
        assertThat(of(findings, "I4").checked()).isEqualTo(100_001);
        assertThat(millis)
                .as("milliseconds; an audit has 30 s for this and for reading")
                .isLessThan(15_000);
        var built = facts.build();
        System.gc();
        var runtime = Runtime.getRuntime();
        assertThat(runtime.totalMemory() - runtime.freeMemory())
                .as("bytes that stay on the heap, of the 320 MB that chaos/audit gives it")
                .isLessThan(256 << 20);
        assertThat(built.orders()).hasSize(100_001); // in use until here, like the facts that are not built yet
        assertThat(facts.build().orders()).hasSize(100_001);
    }
}
