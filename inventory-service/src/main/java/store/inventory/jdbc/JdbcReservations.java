package store.inventory.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import store.inventory.HeldLine;
import store.inventory.Line;
import store.inventory.OrderId;
import store.inventory.Refusal;
import store.inventory.Reservation;
import store.inventory.Reservations;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Lines are stored in their reservation as JSON, because they are only read and written with it. */
final class JdbcReservations implements Reservations {

    private static final TypeReference<List<Line>> LINES = new TypeReference<>() {};
    private static final TypeReference<List<HeldLine>> HELD_LINES = new TypeReference<>() {};

    private final JdbcClient jdbc;
    private final JsonMapper json;

    JdbcReservations(JdbcClient jdbc, JsonMapper json) {
        this.jdbc = jdbc;
        this.json = json;
    }

    @Override
    public boolean insert(Reservation reservation) {
        return jdbc.sql("""
            insert into inventory.reservation (order_id, state, requested, held, refusal)
            values (:orderId, :state, cast(:requested as jsonb), cast(:held as jsonb), :refusal)
            on conflict (order_id) do nothing
            """)
                        .param("orderId", reservation.orderId().value())
                        .param("state", reservation.state().name())
                        .param("requested", json.writeValueAsString(reservation.requested()))
                        .param("held", json.writeValueAsString(reservation.held()))
                        .param(
                                "refusal",
                                reservation.refusal() == null
                                        ? null
                                        : reservation.refusal().name())
                        .update()
                == 1;
    }

    @Override
    public Optional<Reservation> find(OrderId orderId) {
        return jdbc.sql("select * from inventory.reservation where order_id = ?")
                .param(orderId.value())
                .query((row, _) -> reservation(orderId, row))
                .optional();
    }

    @Override
    public Optional<List<HeldLine>> end(OrderId orderId, Reservation.State as) {
        return jdbc.sql("""
            update inventory.reservation set state = :state, updated_at = now()
            where order_id = :orderId and state = 'HELD' returning held
            """)
                .param("state", as.name())
                .param("orderId", orderId.value())
                .query((row, _) -> json.readValue(row.getString("held"), HELD_LINES))
                .optional();
    }

    @Override
    public Holds heldFor(Duration age) {
        return jdbc.sql("""
            select order_id, created_at, count(*) over () as held from inventory.reservation
            where state = 'HELD' and created_at < now() - :age * interval '1 ms' order by created_at limit 1
            """)
                .param("age", age.toMillis())
                .query((row, _) -> new Holds(
                        row.getInt("held"),
                        new OrderId(row.getObject("order_id", UUID.class)),
                        row.getObject("created_at", OffsetDateTime.class).toInstant()))
                .optional()
                .orElseGet(() -> new Holds(0, null, null));
    }

    private Reservation reservation(OrderId orderId, ResultSet row) throws SQLException {
        var refusal = row.getString("refusal");
        return new Reservation(
                orderId,
                Reservation.State.valueOf(row.getString("state")),
                json.readValue(row.getString("requested"), LINES),
                json.readValue(row.getString("held"), HELD_LINES),
                refusal == null ? null : Refusal.valueOf(refusal));
    }
}
