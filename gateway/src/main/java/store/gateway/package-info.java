/** Which public path goes to which service, how long that may take, and what the client hears when it does not work. */
@NullMarked
package store.gateway;

import org.jspecify.annotations.NullMarked;
