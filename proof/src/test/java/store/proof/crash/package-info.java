/** How an order ends when its process dies immediately before or after any step that is taken for it. */
@NullMarked
package store.proof.crash;

import org.jspecify.annotations.NullMarked;
