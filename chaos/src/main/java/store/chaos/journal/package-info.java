/** The requests that clients sent and the answers that they got: the auditor compares them with the databases. */
@NullMarked
package store.chaos.journal;

import org.jspecify.annotations.NullMarked;
