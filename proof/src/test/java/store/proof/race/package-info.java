/** What happens at once, or in an order that nobody wished for, over two instances of the store on one database. */
@NullMarked
package store.proof.race;

import org.jspecify.annotations.NullMarked;
