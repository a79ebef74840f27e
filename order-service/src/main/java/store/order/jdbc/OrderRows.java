package store.order.jdbc;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.security.crypto.encrypt.AesGcmBytesEncryptor;
import org.springframework.security.crypto.encrypt.BytesEncryptor;
import store.order.CardToken;
import store.order.CustomerId;
import store.order.Lease;
import store.order.Lease.Actor;
import store.order.LeasedOrder;
import store.order.Money;
import store.order.Order;
import store.order.OrderId;
import store.order.OrderLine;
import store.order.Orders.NotRecorded;
import store.order.Orders.RecordingUnknown;
import store.order.Orders.WriteRefused;
import store.order.Reason;
import store.order.Status;
import store.order.StoredAnswer;
import store.resilience.KeyRing;
import store.resilience.spring.OneLine;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * How an order is stored in its row, and what a failed statement means.
 *
 * <p>Only the checkout needs the lines and the card. So an order in which these cannot be read can still be shown,
 * given up and cancelled.
 */
final class OrderRows {

    private static final TypeReference<List<OrderLine>> LINES = new TypeReference<>() {};

    private final JsonMapper json;
    private final KeyRing keys;
    private final KeyRing.ForPurpose<BytesEncryptor> cards;
    private final LongAdder refusals = new LongAdder();

    OrderRows(JsonMapper json, KeyRing keys) {
        // A newer version of this service may write more fields; none writes fewer.
        this.json = json.rebuild()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .build();
        this.keys = keys;
        this.cards = keys.derive(
                "card token",
                "AES",
                key -> AesGcmBytesEncryptor.withSecretKey(key).build());
    }

    /** The key that a new order's card and fingerprint are under. */
    String currentKey() {
        return keys.currentId();
    }

    /** The keys of the orders that can be checked out here. */
    Set<String> keys() {
        return keys.ids();
    }

    /** Number of writes that the database has refused since this process was started. */
    long refusals() {
        return refusals.sum();
    }

    String lines(List<OrderLine> lines) {
        return json.writeValueAsString(lines);
    }

    @Nullable
    List<OrderLine> linesIfReadable(String lines) {
        try {
            return json.readValue(lines, LINES);
        } catch (JacksonException _) {
            return null;
        }
    }

    byte[] card(CardToken card) {
        return cards.current().encrypt(card.value().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Without a connection nothing was written. With one, a failed write may have been committed, unless the database
     * says that a constraint refuses it.
     */
    <T> T write(Supplier<T> statement) {
        try {
            return statement.get();
        } catch (CannotGetJdbcConnectionException e) {
            throw new NotRecorded(e);
        } catch (DataIntegrityViolationException e) {
            refusals.increment();
            throw new WriteRefused(OneLine.of(e), e);
        } catch (DataAccessException e) {
            throw new RecordingUnknown(e);
        }
    }

    /** @throws Unreadable if the row cannot be read as far as the order's status needs it */
    LeasedOrder leasedOrder(ResultSet row, int number) throws SQLException {
        try {
            var order = order(row, number);
            var toCheckOut = order.status() == Status.PENDING;
            if (toCheckOut && order.lines().isEmpty()) {
                throw new Unreadable("lines", null);
            }
            return new LeasedOrder(
                    order,
                    card(row, toCheckOut),
                    new Lease(row.getLong("lease_token"), Actor.valueOf(row.getString("lease_actor"))),
                    row.getInt("attempts"));
        } catch (Unreadable e) {
            throw e;
        } catch (RuntimeException e) { // from any decoder: the row is in memory, so nothing else can fail here
            throw new Unreadable(e.getClass().getSimpleName(), e);
        }
    }

    /** @param keyId id of the key that the card is under; null if it was not recorded */
    private CardToken open(byte[] card, @Nullable String keyId) {
        return cards.open(keyId, key -> new CardToken(new String(key.decrypt(card), StandardCharsets.UTF_8)));
    }

    /** Whether one of the keys opens a card whose key was not recorded. */
    boolean opens(byte[] card) {
        try {
            open(card, null);
            return true;
        } catch (RuntimeException e) { // from any decoder: the card may be broken
            return false;
        }
    }

    private @Nullable CardToken card(ResultSet row, boolean isNeeded) throws SQLException {
        var card = row.getBytes("card_token");
        try {
            return card == null ? null : open(card, row.getString("key_id"));
        } catch (RuntimeException e) {
            if (isNeeded) {
                throw e;
            }
            return null;
        }
    }

    /** Without lines if they cannot be read. */
    Order order(ResultSet row, int number) throws SQLException {
        var lines = linesIfReadable(row.getString("lines"));
        var total = row.getString("total_currency");
        var reason = row.getString("reason");
        var answer = row.getBytes("answer_body");
        return new Order(
                new OrderId(row.getObject("id", UUID.class)),
                new CustomerId(row.getObject("customer_id", UUID.class)),
                lines == null ? List.of() : lines,
                new Money(row.getLong("expected_amount"), row.getString("expected_currency")),
                total == null ? null : new Money(row.getLong("total_amount"), total),
                Status.valueOf(row.getString("status")),
                reason == null ? null : Reason.valueOf(reason),
                instant(row, "created_at"),
                instant(row, "updated_at"),
                answer == null ? null : new StoredAnswer(row.getInt("answer_status"), answer));
    }

    static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    static @Nullable String name(@Nullable Enum<?> value) {
        return value == null ? null : value.name();
    }

    /** The order of a row that certainly exists. If the row cannot be read, only its existence is known. */
    Order known(ResultSet row, int number) throws SQLException {
        try {
            return order(row, number);
        } catch (RuntimeException e) { // from any decoder: the row is in memory, so nothing else can fail here
            throw new RecordingUnknown(new Unreadable(e.getClass().getSimpleName(), e));
        }
    }

    /**
     * A row that is broken. The decoder's message may quote the row, so this names only the place or the kind of
     * failure.
     */
    static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Unreadable(String what, @Nullable RuntimeException cause) {
            super("its row cannot be read: " + what, cause);
        }
    }
}
