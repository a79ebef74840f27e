package store.payment;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs one line for each change of a payment's state. */
final class StateChanges {

    private static final Logger log = LoggerFactory.getLogger(StateChanges.class);

    private StateChanges() {}

    static void log(Payment payment) {
        log.atInfo()
                .addKeyValue("orderId", payment.orderId())
                .addKeyValue("state", payment.state())
                .addKeyValue("attempt", payment.attempt())
                .log("payment {} is {}", payment.orderId(), payment.state());
    }
}
