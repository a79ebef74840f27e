package store.chaos.fault;

import java.time.Instant;

/**
 * A fault that is in force, or was.
 *
 * @param kind in the form of the command line
 * @param target a part, or a link such as {@code order-service:payment-service}
 * @param until when the fault ends by itself, or would have ended
 * @param fired how many processes or connections it has affected; 0 if none has met it
 */
public record PlantedFault(String kind, String target, Instant until, boolean active, long fired) {}
