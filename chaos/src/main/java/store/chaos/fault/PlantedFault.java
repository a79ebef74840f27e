package store.chaos.fault;

import java.time.Instant;

/**
 * A fault that is in force, or has been.
 *
 * @param kind as the command line has it
 * @param target a part, or a link such as {@code order-service:payment-service}
 * @param until when it ends by itself, or would have ended
 * @param fired on how many processes or connections it has had an effect; 0 means that nothing has come its way
 */
public record PlantedFault(String kind, String target, Instant until, boolean active, long fired) {}
