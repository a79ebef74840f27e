/** Composes the module, and runs it as a service. */
@NullMarked
package store.payment.boot;

import org.jspecify.annotations.NullMarked;
