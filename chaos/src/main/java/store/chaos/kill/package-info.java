/** Kills and pauses every part of a store under way, one after the other, and sees whether each order ends as it was promised. */
@NullMarked
package store.chaos.kill;

import org.jspecify.annotations.NullMarked;
