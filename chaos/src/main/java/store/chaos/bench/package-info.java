/** A first figure: checkouts a second and memory of a running store. */
@NullMarked
package store.chaos.bench;

import org.jspecify.annotations.NullMarked;
