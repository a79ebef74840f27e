/**
 * What every request meets first, in whichever build: who the caller is, which headers may come in, and how an error looks.
 */
@NullMarked
package store.edge;

import org.jspecify.annotations.NullMarked;
