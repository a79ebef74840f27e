/** For tests only: where test databases come from, and the rules that every service keeps. */
@NullMarked
package store.testing;

import org.jspecify.annotations.NullMarked;
