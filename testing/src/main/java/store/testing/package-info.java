/** For tests only: where test databases come from, and the rules that every module keeps. */
@NullMarked
package store.testing;

import org.jspecify.annotations.NullMarked;
