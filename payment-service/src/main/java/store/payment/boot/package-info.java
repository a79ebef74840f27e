/** How the module is put together, and the service that runs it. */
@NullMarked
package store.payment.boot;

import org.jspecify.annotations.NullMarked;
