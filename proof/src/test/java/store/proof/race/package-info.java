/** Races: concurrent and late calls, over two instances of the store on one database. */
@NullMarked
package store.proof.race;

import org.jspecify.annotations.NullMarked;
