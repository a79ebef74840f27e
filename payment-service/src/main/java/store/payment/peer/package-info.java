/** The internal API to other services: charging and voiding by order id. */
@NullMarked
package store.payment.peer;

import org.jspecify.annotations.NullMarked;
