/** The links between the store's parts: a proxy in front of each that can be told to fail, and counts what passes. */
@NullMarked
package store.chaos.links;

import org.jspecify.annotations.NullMarked;
