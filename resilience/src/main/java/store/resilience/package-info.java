/**
 * What calls between services share, in plain Java and without a domain noun: the bounded HTTP client, the headers that travel
 * with a call, and the guard that keeps remote calls out of transactions.
 */
@NullMarked
package store.resilience;

import org.jspecify.annotations.NullMarked;
