/**
 * Paying for an order: at most one capture, even if requests are repeated, lost or late; every movement of money is in
 * the ledger. The acquirer and the database are ports here.
 */
@NullMarked
package store.payment;

import org.jspecify.annotations.NullMarked;
