/** Runs a set of processes of any kind: starts them, restarts those that died, stops them, and reports their state. */
@NullMarked
package store.local.supervision;

import org.jspecify.annotations.NullMarked;
