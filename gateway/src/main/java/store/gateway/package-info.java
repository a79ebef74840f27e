/** Which public path goes to which service, how long that may take, and what the client is told if it fails. */
@NullMarked
package store.gateway;

import org.jspecify.annotations.NullMarked;
