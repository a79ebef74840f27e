package store.acquirer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import store.acquirer.Answer.Booked;
import store.acquirer.Answer.Reason;
import store.acquirer.Answer.Refused;
import store.acquirer.Answer.Undone;
import store.acquirer.Movement.Kind;

class LedgerTest {

    private static final Money PRICE = new Money(1999, "EUR");
    private static final Money MORE = new Money(2000, "EUR");
    private static final Undone NOTHING_UNDONE = new Undone(null, null);

    @TempDir
    Path folder;

    private final SettableClock clock = new SettableClock();
    private final UUID order = UUID.fromString("01936c1e-8a00-7abc-9def-0123456789ab");
    private final UUID otherOrder = UUID.fromString("01936c1e-8a00-7abc-9def-0123456789ac");
    private Ledger ledger;

    @BeforeEach
    void open() throws IOException {
        AcquirerSettings settings = AcquirerSettings.defaults(folder)
                .withVoidWindow(Duration.ofHours(10))
                .withKeyTtl(Duration.ofHours(24));
        ledger = Ledger.open(settings, clock, Journal.Disk.FDATASYNC);
    }

    @AfterEach
    void close() throws IOException {
        ledger.close();
    }

    private void restart() throws IOException {
        close();
        open();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_visa", "tok_slow", "tok_silent", "tok_fraud_later"})
    void capturesOnceForARepeatedKey(String token) throws IOException {
        Booked first = (Booked) ledger.capture("key", order, PRICE, token);
        Answer repeat = ledger.capture("key", order, PRICE, token);
        restart();
        Answer repeatAfterRestart = ledger.capture("key", order, PRICE, token);

        assertThat(first.first()).isTrue();
        assertThat(repeat).isEqualTo(new Booked(first.movement(), false)).isEqualTo(repeatAfterRestart);
        assertThat(first.movement())
                .isEqualTo(new Movement(first.movement().id(), "key", order, Kind.CAPTURE, PRICE, clock.instant()));
        assertThat(statement()).containsExactly(first.movement());
    }

    @ParameterizedTest
    @CsvSource({
        "tok_declined, CARD_DECLINED",
        "tok_insufficient_funds, INSUFFICIENT_FUNDS",
        "tok_nobody_knows, CARD_DECLINED"
    })
    void remembersADecline(String token, Reason reason) throws IOException {
        assertThat(ledger.capture("key", order, PRICE, token)).isEqualTo(new Refused(reason));
        restart();
        assertThat(ledger.capture("key", order, PRICE, token)).isEqualTo(new Refused(reason));
        assertThat(statement()).isEmpty();
    }

    @Test
    void isUnavailableForTwoCallsOfAKeyAcrossARestart() throws IOException {
        assertThat(ledger.capture("key", order, PRICE, "tok_unavailable")).isEqualTo(new Refused(Reason.UNAVAILABLE));
        restart();
        assertThat(ledger.capture("key", order, PRICE, "tok_unavailable")).isEqualTo(new Refused(Reason.UNAVAILABLE));
        assertThat(ledger.capture("key", order, PRICE, "tok_unavailable")).isInstanceOf(Booked.class);
        assertThat(ledger.capture("key2", order, PRICE, "tok_unavailable")).isEqualTo(new Refused(Reason.UNAVAILABLE));
        assertThat(statement()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_visa", "tok_declined", "tok_unavailable"})
    void refusesAnotherRequestUnderAUsedKey(String token) {
        ledger.capture("key", order, PRICE, token);
        var contradiction = new Refused(Reason.CONTRADICTION);

        assertThat(ledger.capture("key", order, MORE, token)).isEqualTo(contradiction);
        assertThat(ledger.capture("key", order, new Money(1999, "USD"), token)).isEqualTo(contradiction);
        assertThat(ledger.capture("key", otherOrder, PRICE, token)).isEqualTo(contradiction);
        assertThat(ledger.capture("key", order, PRICE, "tok_slow")).isEqualTo(contradiction);
        assertThat(ledger.undo("key", otherOrder)).isEqualTo(contradiction);
    }

    @Test
    void undoesACaptureOnceAndNamesIt() throws IOException {
        Movement capture = captured("key", order);
        Undone undone = (Undone) ledger.undo("key", order);
        Answer repeat = ledger.undo("key", order);
        restart();
        clock.advance(Duration.ofHours(23)); // a repeat gets the same answer after the void window has closed

        assertThat(undone.capture()).isEqualTo(capture);
        assertThat(undone.movement())
                .extracting(Movement::key, Movement::orderId, Movement::kind, Movement::amount)
                .containsExactly("key", order, Kind.VOID, PRICE);
        assertThat(repeat).isEqualTo(undone).isEqualTo(ledger.undo("key", order));
        assertThat(ledger.capture("key", order, PRICE, "tok_visa")).isEqualTo(new Refused(Reason.VOIDED));
        assertThat(ledger.capture("key", order, MORE, "tok_visa")).isEqualTo(new Refused(Reason.CONTRADICTION));
        assertThat(statement()).containsExactly(capture, Objects.requireNonNull(undone.movement()));
    }

    @Test
    void refusesACaptureAfterItsVoid() throws IOException {
        assertThat(ledger.undo("key", order)).isEqualTo(NOTHING_UNDONE);
        assertThat(ledger.undo("key", order)).isEqualTo(NOTHING_UNDONE);
        restart();

        assertThat(ledger.capture("key", order, PRICE, "tok_visa")).isEqualTo(new Refused(Reason.VOIDED));
        assertThat(ledger.capture("key", otherOrder, PRICE, "tok_visa")).isEqualTo(new Refused(Reason.CONTRADICTION));
        assertThat(ledger.undo("key", order)).isEqualTo(NOTHING_UNDONE);
        assertThat(statement()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_declined", "tok_unavailable"})
    void voidsAKeyThatHasCapturedNothing(String token) {
        ledger.capture("key", order, PRICE, token);

        assertThat(ledger.undo("key", order)).isEqualTo(NOTHING_UNDONE);
        assertThat(ledger.capture("key", order, PRICE, token)).isEqualTo(new Refused(Reason.VOIDED));
    }

    @Test
    void refusesAVoidAfterItsWindowButStillRefunds() {
        Movement capture = captured("key", order);
        clock.advance(Duration.ofHours(10).minusMillis(1));
        captured("key2", otherOrder);
        clock.advance(Duration.ofMillis(1));

        assertThat(ledger.undo("key", order)).isEqualTo(new Refused(Reason.VOID_WINDOW_CLOSED));
        assertThat(ledger.undo("key2", otherOrder)).isInstanceOf(Undone.class);
        assertThat(ledger.refund("refund", order, capture.id(), PRICE)).isInstanceOf(Booked.class);
    }

    @Test
    void forgetsAKeyButNeverAMovement() throws IOException {
        Movement first = captured("key", order);
        ledger.undo("voided", order);
        clock.advance(Duration.ofHours(24));
        restart();

        Movement second = captured("key", order);
        Movement third = captured("voided", order);

        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(statement()).containsExactly(first, second, third);
        assertThat(ledger.movements(order)).containsExactly(first, second, third);
    }

    @Test
    void countsTheAgeOfAKeyFromItsFirstUse() {
        captured("key", order);
        clock.advance(Duration.ofHours(9));
        ledger.undo("key", order);
        clock.advance(Duration.ofHours(15));

        assertThat(captured("key", order).kind()).isEqualTo(Kind.CAPTURE);
    }

    @Test
    void treatsAVoidForAForgottenKeyAsForANewOne() {
        captured("key", order);
        clock.advance(Duration.ofHours(24));

        assertThat(ledger.undo("key", order)).isEqualTo(NOTHING_UNDONE);
    }

    @Test
    void refundsInPartsUpToTheCapture() throws IOException {
        Movement capture = captured("key", order);

        Booked part = (Booked) ledger.refund("refund1", order, capture.id(), new Money(1500, "EUR"));
        Answer tooMuch = ledger.refund("refund2", order, capture.id(), new Money(500, "EUR"));
        Booked rest = (Booked) ledger.refund("refund2", order, capture.id(), new Money(499, "EUR"));
        restart();
        Answer repeat = ledger.refund("refund2", order, capture.id(), new Money(499, "EUR"));

        assertThat(tooMuch).isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        assertThat(repeat).isEqualTo(new Booked(rest.movement(), false));
        assertThat(rest.movement().kind()).isEqualTo(Kind.REFUND);
        assertThat(ledger.undo("key", order)).isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        assertThat(ledger.movements(order)).containsExactly(capture, part.movement(), rest.movement());
    }

    @Test
    void refusesRefundsThatMatchNoCapture() {
        Movement capture = captured("key", order);
        Movement voided = captured("voided", order);
        Movement undone = Objects.requireNonNull(((Undone) ledger.undo("voided", order)).movement());
        ledger.refund("used", order, capture.id(), new Money(1, "EUR"));

        assertThat(ledger.refund("r", order, UUID.randomUUID(), PRICE)).isEqualTo(new Refused(Reason.UNKNOWN_CAPTURE));
        assertThat(ledger.refund("r", order, undone.id(), PRICE)).isEqualTo(new Refused(Reason.UNKNOWN_CAPTURE));
        assertThat(ledger.refund("r", order, voided.id(), PRICE)).isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        assertThat(ledger.refund("r", otherOrder, capture.id(), PRICE)).isEqualTo(new Refused(Reason.CONTRADICTION));
        assertThat(ledger.refund("r", order, capture.id(), new Money(1, "USD")))
                .isEqualTo(new Refused(Reason.CONTRADICTION));
        assertThat(ledger.refund("used", order, capture.id(), PRICE)).isEqualTo(new Refused(Reason.CONTRADICTION));
    }

    @Test
    void keepsTheKeysOfRefundsApartFromThoseOfCaptures() {
        Movement capture = captured("key", order);

        assertThat(ledger.refund("key", order, capture.id(), PRICE)).isInstanceOf(Booked.class);
        assertThat(ledger.capture("key", order, PRICE, "tok_visa")).isEqualTo(new Booked(capture, false));
    }

    @Test
    void chargesAFraudBackLaterAcrossARestart() throws IOException {
        Movement fraud = ((Booked) ledger.capture("key", order, PRICE, "tok_fraud_later")).movement();
        clock.advance(Duration.ofMillis(1999));
        assertThat(statement()).containsExactly(fraud);

        restart();
        clock.advance(Duration.ofMillis(1));

        assertThat(ledger.movements(order))
                .extracting(Movement::kind, Movement::key, Movement::amount)
                .containsExactly(tuple(Kind.CAPTURE, "key", PRICE), tuple(Kind.CHARGEBACK, "key", PRICE));
        restart();
        clock.advance(Duration.ofDays(1));
        assertThat(statement()).as("only once").hasSize(2);
    }

    @Test
    void refusesToReturnMoneyThatAChargebackReturned() throws IOException {
        Movement fraud = ((Booked) ledger.capture("key", order, PRICE, "tok_fraud_later")).movement();
        clock.advance(Duration.ofSeconds(2));

        assertThat(ledger.undo("key", order)).isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        restart();
        assertThat(ledger.undo("key", order)).isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        assertThat(ledger.refund("refund", order, fraud.id(), new Money(1, "EUR")))
                .isEqualTo(new Refused(Reason.ALREADY_UNDONE));
        assertThat(statement()).extracting(Movement::kind).containsExactly(Kind.CAPTURE, Kind.CHARGEBACK);
    }

    @Test
    void chargesNothingBackAfterAVoid() throws IOException {
        ledger.capture("key", order, PRICE, "tok_fraud_later");
        ledger.undo("key", order);
        restart();
        clock.advance(Duration.ofDays(1));

        assertThat(statement()).extracting(Movement::kind).containsExactly(Kind.CAPTURE, Kind.VOID);
    }

    @Test
    void listsTheStatementPageByPage() {
        List<Movement> booked = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            booked.add(captured("key" + i, new UUID(i, i)));
            ledger.capture("declined" + i, order, PRICE, "tok_declined");
        }

        Ledger.Page first = page(null, 2);
        Ledger.Page second = page(first.next(), 2);
        Ledger.Page third = page(second.next(), 2);
        assertThat(first.movements()).isEqualTo(booked.subList(0, 2));
        assertThat(second.movements()).isEqualTo(booked.subList(2, 4));
        assertThat(third.movements()).isEqualTo(booked.subList(4, 5));
        assertThat(third.next()).isNull();
        assertThat(page(null, 5)).isEqualTo(new Ledger.Page(booked, null));

        UUID last = booked.getLast().id();
        assertThat(page(last, 2)).isEqualTo(new Ledger.Page(List.of(), null));
        Movement later = captured("later", order);
        assertThat(page(last, 2).movements())
                .as("the statement continues after its end")
                .containsExactly(later);
    }

    @Test
    void hasNoStatementAfterAnUnknownMovement() {
        UUID id = captured("key", order).id();

        assertThat(ledger.statement(UUID.randomUUID(), 1)).isNull();
        assertThat(ledger.statement(new UUID(id.getMostSignificantBits() + 1, id.getLeastSignificantBits()), 1))
                .isNull();
        assertThat(ledger.statement(new UUID(-1, -1), 1)).isNull();
    }

    @Test
    void givesMovementsIncreasingUuidsOfVersion7() {
        UUID first = captured("key", order).id();
        clock.advance(Duration.ofMillis(1));
        UUID second = captured("key2", order).id();

        assertThat(first.version()).isEqualTo(7);
        assertThat(first.variant()).isEqualTo(2);
        assertThat(first.getMostSignificantBits() >>> 16)
                .isEqualTo(clock.instant().toEpochMilli() - 1);
        assertThat(second).isGreaterThan(first);
    }

    @Test
    void boundsTheMovementsOfAnOrder() {
        for (int i = 0; i < Ledger.MAX_MOVEMENTS_PER_ORDER; i++) {
            captured("key" + i, order);
        }

        assertThat(ledger.capture("key", order, PRICE, "tok_visa")).isEqualTo(new Refused(Reason.TOO_MANY_MOVEMENTS));
        assertThat(ledger.undo("key0", order)).as("a void is always possible").isInstanceOf(Undone.class);
        assertThat(ledger.movements(order)).hasSize(Ledger.MAX_MOVEMENTS_PER_ORDER + 1);
        captured("key", otherOrder);
    }

    @Test
    void holdsTheLongestKeyAndAmount() throws IOException {
        var largest = new Money(Money.MAX_AMOUNT, "EUR");
        String longest = "k".repeat(128);
        Booked booked = (Booked) ledger.capture(longest, order, largest, "tok_visa");
        restart();

        assertThat(statement()).containsExactly(booked.movement());
    }

    private Movement captured(String key, UUID orderId) {
        return ((Booked) ledger.capture(key, orderId, PRICE, "tok_visa")).movement();
    }

    private List<Movement> statement() {
        return page(null, 1000).movements();
    }

    private Ledger.Page page(@Nullable UUID after, int limit) {
        return Objects.requireNonNull(ledger.statement(after, limit));
    }
}
