/** The card network's stand-in: a durable, keyed ledger of captures, voids, refunds and chargebacks behind a small HTTP interface. */
@NullMarked
package store.acquirer;

import org.jspecify.annotations.NullMarked;
