/** Kills and pauses every part of a store under load, one after another, and checks that each order ends as promised. */
@NullMarked
package store.chaos.kill;

import org.jspecify.annotations.NullMarked;
