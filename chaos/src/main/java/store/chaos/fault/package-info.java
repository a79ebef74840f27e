/** Breaks the parts and links of a running store on purpose, for a time, and mends them. */
@NullMarked
package store.chaos.fault;

import org.jspecify.annotations.NullMarked;
