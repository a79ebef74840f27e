package store.chaos.fault;

import java.time.Instant;

/**
 * A fault that is in force.
 *
 * @param kind as the command line has it
 * @param target a part, or a link such as {@code order-service:payment-service}
 * @param until when it ends by itself
 * @param fired on how many processes or connections it has had an effect; 0 means that nothing has come its way yet
 */
record ActiveFault(String kind, String target, Instant until, long fired) {}
