/** What the clients of a store sent and were answered: the evidence that an auditor holds against its databases. */
@NullMarked
package store.chaos.journal;

import org.jspecify.annotations.NullMarked;
