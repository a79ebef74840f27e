/**
 * What calls between services share, in plain Java and without a domain noun: the bounded HTTP client, the headers that travel
 * with a call, the guard that keeps remote calls out of transactions, and the time that the instances of a service share.
 */
@NullMarked
package store.resilience;

import org.jspecify.annotations.NullMarked;
