/**
 * The code that calls between services share, in plain Java and without a domain noun: the bounded HTTP client, the
 * headers that are passed on, the guard that keeps remote calls out of transactions, the time that the instances of a
 * service share, and their keys.
 */
@NullMarked
package store.resilience;

import org.jspecify.annotations.NullMarked;
