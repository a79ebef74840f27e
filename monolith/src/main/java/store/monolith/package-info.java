/** The same store as one process: the services' modules behind the edge, calling each other directly. */
@NullMarked
package store.monolith;

import org.jspecify.annotations.NullMarked;
