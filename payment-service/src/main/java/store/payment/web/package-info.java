/** HTTP, for other services: charging and voiding by order id. */
@NullMarked
package store.payment.web;

import org.jspecify.annotations.NullMarked;
