/** The links between the store's parts: proxies that pass everything on, fail on demand, and count what passes. */
@NullMarked
package store.chaos.links;

import org.jspecify.annotations.NullMarked;
