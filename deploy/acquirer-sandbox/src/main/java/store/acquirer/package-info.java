/** The card network's stand-in: a durable ledger of captures, voids, refunds and chargebacks, served over HTTP. */
@NullMarked
package store.acquirer;

import org.jspecify.annotations.NullMarked;
