/**
 * Paying for an order: at most one capture, whatever is repeated, lost or late; every movement of money in the ledger.
 * The acquirer and the database are ports here.
 */
@NullMarked
package store.payment;

import org.jspecify.annotations.NullMarked;
