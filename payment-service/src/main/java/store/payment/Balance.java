package store.payment;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import store.payment.Movement.Kind;

/**
 * The sum of an order's movements. The sum decides what became of a charge, never the kind of one movement: a refund
 * may be partial, or may have paid back another capture.
 *
 * @param movements all movements of the order, each once
 * @param charged the amount to capture; null if only a void was requested so far
 */
record Balance(List<Movement> movements, @Nullable Money charged) {

    enum Standing {
        /** Nothing has ever moved. */
        NOTHING,
        /** There is one capture, and the charged amount is left of it. */
        CAPTURED,
        /** Nothing is left of the captures; only voids undid them. */
        VOIDED,
        /** Nothing is left of the captures; a refund or a chargeback paid money back. */
        REFUNDED,
        /** The sum is neither zero nor the charged amount: a person has to judge it. */
        UNRECONCILED
    }

    /** This balance after more movements; those that it knows already count once. */
    Balance with(List<Movement> more) {
        var byId = new LinkedHashMap<String, Movement>();
        movements.forEach(movement -> byId.put(movement.id(), movement));
        more.forEach(movement -> byId.putIfAbsent(movement.id(), movement));
        return new Balance(List.copyOf(byId.values()), charged);
    }

    Standing standing() {
        if (movements.isEmpty()) {
            return Standing.NOTHING;
        }
        var net = net();
        if (net.values().stream().allMatch(sum -> sum == 0)) {
            return movements.stream().map(Movement::kind).allMatch(kind -> kind == Kind.CAPTURE || kind == Kind.VOID)
                    ? Standing.VOIDED
                    : Standing.REFUNDED;
        }
        var expected = charged == null ? movements.getFirst().amount() : charged;
        return captures().size() == 1
                        && (charged != null || movements.size() == 1)
                        && net.equals(Map.of(expected.currency(), expected.amount()))
                ? Standing.CAPTURED
                : Standing.UNRECONCILED;
    }

    /** The capture that stands, with the amount that is left of it. Only for {@link Standing#CAPTURED}. */
    Movement captured() {
        var capture = captures().getFirst();
        var left = charged == null ? capture.amount() : charged;
        return new Movement(capture.id(), capture.orderId(), capture.kind(), left, capture.at());
    }

    private List<Movement> captures() {
        return movements.stream()
                .filter(movement -> movement.kind() == Kind.CAPTURE)
                .toList();
    }

    /** By currency. */
    private Map<String, Long> net() {
        return movements.stream()
                .collect(Collectors.groupingBy(
                        movement -> movement.amount().currency(), Collectors.summingLong(Balance::signed)));
    }

    private static long signed(Movement movement) {
        var amount = movement.amount().amount();
        return movement.kind() == Kind.CAPTURE ? amount : -amount;
    }

    /** For a log line. */
    @Override
    public String toString() {
        return movements.stream()
                .map(movement -> "%s %d %s"
                        .formatted(
                                movement.kind(),
                                movement.amount().amount(),
                                movement.amount().currency()))
                .collect(Collectors.joining(", "));
    }
}
