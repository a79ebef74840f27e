package store.acquirer;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The settings of an acquirer sandbox.
 *
 * @param data folder of the journal; created if absent, used by one sandbox at a time
 * @param bind address to listen on
 * @param port 0 takes any free port
 * @param voidWindow age from which a capture can only be refunded
 * @param keyTtl age from which the sandbox treats a key as new; it never forgets movements and order ids
 * @param chargebackAfter time from a fraudulent capture to its chargeback
 */
public record AcquirerSettings(
        Path data, InetAddress bind, int port, Duration voidWindow, Duration keyTtl, Duration chargebackAfter) {

    /** Any free port on the loopback interface, 24 hours for voids and keys, 2 seconds to a chargeback. */
    public static AcquirerSettings defaults(Path data) {
        return new AcquirerSettings(
                data,
                InetAddress.ofLiteral("127.0.0.1"),
                0,
                Duration.ofHours(24),
                Duration.ofHours(24),
                Duration.ofSeconds(2));
    }

    public AcquirerSettings withVoidWindow(Duration newVoidWindow) {
        return new AcquirerSettings(data, bind, port, newVoidWindow, keyTtl, chargebackAfter);
    }

    public AcquirerSettings withKeyTtl(Duration newKeyTtl) {
        return new AcquirerSettings(data, bind, port, voidWindow, newKeyTtl, chargebackAfter);
    }

    public AcquirerSettings withChargebackAfter(Duration newChargebackAfter) {
        return new AcquirerSettings(data, bind, port, voidWindow, keyTtl, newChargebackAfter);
    }
}
