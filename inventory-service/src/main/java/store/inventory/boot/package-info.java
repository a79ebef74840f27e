/** Composes the module, and runs it as a service. */
@NullMarked
package store.inventory.boot;

import org.jspecify.annotations.NullMarked;
