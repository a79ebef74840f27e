/** What becomes of an order when the process dies immediately before or after any step that is taken for it. */
@NullMarked
package store.proof.crash;

import org.jspecify.annotations.NullMarked;
