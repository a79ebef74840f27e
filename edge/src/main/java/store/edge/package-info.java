/** The code that a request meets first, in either build: who calls, which headers come in, how an error looks. */
@NullMarked
package store.edge;

import org.jspecify.annotations.NullMarked;
