/** Measures the running store from outside. */
@NullMarked
package store.chaos;

import org.jspecify.annotations.NullMarked;
