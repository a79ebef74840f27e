/** Keeps a set of processes running, whatever they are: starts them, starts them again, ends them, and says how they are. */
@NullMarked
package store.local.supervision;

import org.jspecify.annotations.NullMarked;
