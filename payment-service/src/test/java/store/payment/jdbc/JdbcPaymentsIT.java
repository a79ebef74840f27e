package store.payment.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import store.payment.AcquirerKey;
import store.payment.CardToken;
import store.payment.DeclineReason;
import store.payment.Money;
import store.payment.OrderId;
import store.payment.Orders;
import store.payment.Payment;
import store.payment.Payments;
import store.payment.Payments.Beginning;
import store.payment.Payments.Beginning.Contradicted;
import store.payment.Payments.Beginning.Known;
import store.payment.Payments.Outcome;
import store.payment.PaymentsContract;
import store.resilience.KeyRing;

/** The contract over real PostgreSQL, and the changes that the schema refuses. */
class JdbcPaymentsIT extends PaymentsContract {

    private static final CardToken CARD = new CardToken("tok_visa");

    private static PaymentDatabase database;

    @BeforeAll
    static void create() {
        database = new PaymentDatabase();
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @Override
    protected Payments payments() {
        database.jdbc().sql("delete from payments.payment").update();
        database.jdbc()
                .sql("alter table payments.payment drop constraint if exists of_a_test")
                .update();
        return database.payments();
    }

    /** Moves every written time into the future. */
    @Override
    protected void setClockBack(Duration by) {
        database.jdbc()
                .sql("""
                    update payments.payment set first_sent_at = first_sent_at + :by, last_sent_at = last_sent_at + :by,
                        due_at = due_at + :by, created_at = created_at + :by, updated_at = updated_at + :by
                    """.replace(":by", "interval '" + by.toSeconds() + " seconds'"))
                .update();
    }

    @Override
    protected void refuse(Payment.State state) {
        database.jdbc()
                .sql("alter table payments.payment add constraint of_a_test check (state <> '" + state + "') not valid")
                .update();
    }

    @Override
    protected List<String> booked(OrderId order) {
        return database.jdbc()
                .sql("select movement_id from payments.ledger_posting where order_id = ?")
                .param(order.value())
                .query((row, _) -> row.getString(1))
                .list();
    }

    @Test
    void theTokenRestsEncryptedAndDifferentlyEachTime() {
        for (var i = 0; i < 2; i++) {
            database.payments()
                    .begin(
                            new AcquirerKey("sandbox", Orders.order()),
                            new Money(1, "EUR"),
                            new CardToken("tok_visa"),
                            true,
                            Duration.ofMinutes(1));
        }
        var tokens = database.jdbc()
                .sql("select token from payments.payment where token is not null")
                .query((row, _) -> new String(row.getBytes(1), StandardCharsets.ISO_8859_1))
                .list();
        assertThat(tokens).hasSize(2).doesNotHaveDuplicates().noneMatch(token -> token.contains("tok_visa"));
        assertThat(database.jdbc()
                        .sql("select count(distinct fingerprint) from payments.payment")
                        .query(Integer.class)
                        .single())
                .isEqualTo(2);
    }

    /**
     * Checked with the encrypted card, and again when only the fingerprint is left; with a noted key and without one.
     */
    @Test
    void aRepeatedChargeIsKnownAndItsCardReadableAfterARotation() {
        for (var noted : List.of(true, false)) {
            var key = new AcquirerKey("sandbox", Orders.order());
            begin(database.payments(1), key, CARD);
            if (!noted) {
                database.jdbc()
                        .sql("update payments.payment set key_id = null where order_id = ?")
                        .param(key.orderId().value())
                        .update();
            }
            for (var rotated : List.of(database.payments(1, 2), database.payments(3, 2, 1))) {
                assertThat(begin(rotated, key, CARD)).isInstanceOf(Known.class);
                assertThat(begin(rotated, key, new CardToken("tok_other"))).isInstanceOf(Contradicted.class);
                var claimed = rotated.claimDue("sandbox", 1, Duration.ZERO).getFirst();
                assertThat(rotated.markSent(claimed)).contains(CARD);
            }
            var rotated = database.payments(3, 2, 1);
            rotated.record(
                    rotated.claimDue("sandbox", 1, Duration.ZERO).getFirst(),
                    new Outcome(Payment.State.DECLINED, DeclineReason.CARD_DECLINED, List.of(), Duration.ZERO));
            assertThat(begin(rotated, key, CARD)).isInstanceOf(Known.class);
        }
    }

    @Test
    void leavesAPaymentToOthersIfItLacksItsKey() {
        var key = new AcquirerKey("sandbox", Orders.order());
        begin(database.payments(2, 1), key, CARD);
        var lacking = database.payments(1);

        assertThatThrownBy(() -> begin(lacking, key, CARD))
                .isInstanceOf(DataAccessException.class)
                .hasRootCauseInstanceOf(KeyRing.UnknownKey.class);
        assertThat(lacking.claimDue("sandbox", 10, Duration.ZERO)).isEmpty();

        assertThat(lacking.beginVoid(key, Duration.ZERO)).isPresent();
        assertThat(lacking.claimDue("sandbox", 10, Duration.ofMinutes(1)))
                .as("a void needs no card")
                .hasSize(1);
    }

    private static Beginning begin(Payments payments, AcquirerKey key, CardToken card) {
        return payments.begin(key, new Money(1, "EUR"), card, true, Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update payments.ledger_posting set amount = 1",
                "delete from payments.ledger_posting",
                "truncate payments.ledger_posting cascade",
                "update payments.ledger_entry set amount = 1",
                "delete from payments.ledger_entry",
                "truncate payments.ledger_entry",
                "update payments.payment_event set to_state = 'VOIDED'",
                "delete from payments.payment_event",
                "truncate payments.payment_event"
            })
    void ledgerAndAuditAreAppendOnly(String change) {
        assertThatThrownBy(() -> database.jdbc().sql(change).update())
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("is append-only");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        100, 'EUR' | -99, 'EUR'
        100, 'EUR' | -100, 'USD'
        100, 'EUR' | 100, 'EUR'
        """)
    void refusesAPostingThatDoesNotSumToZero(String debit, String credit) {
        assertThatThrownBy(() -> database.jdbc()
                        .sql("""
                            with posted as (
                                insert into payments.ledger_posting (movement_id, order_id, kind, amount, currency, occurred_at)
                                values ('m', '%s', 'CAPTURE', 100, 'EUR', now())
                            )
                            insert into payments.ledger_entry (movement_id, account, amount, currency)
                            values ('m', 'ACQUIRER', %s), ('m', 'SALES', %s)
                            """.formatted(Orders.order(), debit, credit))
                        .update())
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("does not sum to zero");
    }

    @Test
    void refusesAPostingWithoutEntries() {
        assertThatThrownBy(
                        () -> database.jdbc().sql("""
                            insert into payments.ledger_posting (movement_id, order_id, kind, amount, currency, occurred_at)
                            values ('m', '%s', 'CAPTURE', 100, 'EUR', now())
                            """.formatted(Orders.order())).update())
                .hasMessageContaining("does not sum to zero");
    }

    @ParameterizedTest
    @CsvSource({
        "VOIDED, CAPTURED",
        "VOIDED, VOIDING",
        "REFUNDED, VOIDED",
        "UNRECONCILED, PENDING",
        "VOIDED, UNRECONCILED"
    })
    void refusesATransitionThatCannotBe(String from, String to) {
        var order = Orders.order().value();
        database.jdbc().sql("""
            insert into payments.payment (order_id, state, acquirer, acquirer_key, attempt, due_at, amount, currency, fingerprint)
            values (?, 'VOIDING', 'sandbox', 'k', 1, now(), 1, 'EUR', '')
            """).param(order).update();
        change(order, from);
        assertThatThrownBy(() -> change(order, to)).hasMessageContaining("possible_transition");
    }

    @Test
    void refusesACaptureOfWhatWasToBeVoided() {
        var order = Orders.order().value();
        database.jdbc().sql("""
            insert into payments.payment (order_id, state, acquirer, acquirer_key, attempt, due_at, amount, currency, fingerprint,
                void_wanted)
            values (?, 'VOIDING', 'sandbox', 'k', 1, now(), 1, 'EUR', '', true)
            """).param(order).update();
        change(order, "UNRECONCILED");
        assertThatThrownBy(() -> change(order, "CAPTURED")).hasMessageContaining("not_captured_once_voided");
    }

    @Test
    void twoSendsAtOneInstantAreTwo() {
        var payments = payments();
        var key = new AcquirerKey("sandbox", Orders.order());
        new TransactionTemplate(new JdbcTransactionManager(database.dataSource())).executeWithoutResult(_ -> {
            payments.begin(key, new Money(1, "EUR"), new CardToken("tok_visa"), true, Duration.ofMinutes(1));
            var held = payments.find(key.orderId()).orElseThrow();
            payments.markSent(held);
            assertThat(payments.postpone(held, Duration.ZERO, true)
                            .orElseThrow()
                            .firstSentAt())
                    .isNotNull();
        });
    }

    @Test
    void noConstraintComparesATimeWithAnother() {
        assertThat(database.jdbc().sql("""
            select pg_get_constraintdef(oid) from pg_constraint
            where connamespace = 'payments'::regnamespace and contype = 'c'
                and pg_get_constraintdef(oid) ~ '_at [<>]'
            """).query(String.class).list()).isEmpty();
    }

    private static void change(UUID order, String to) {
        database.jdbc()
                .sql("update payments.payment set state = ?,"
                        + " due_at = case when ? in ('PENDING', 'VOIDING', 'UNRECONCILED') then now() end,"
                        + " token = case when ? = 'PENDING' then '\\x00'::bytea end where order_id = ?")
                .params(to, to, to, order)
                .update();
    }
}
