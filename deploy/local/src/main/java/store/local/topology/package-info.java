/** The parts of the store on this machine, and how they become processes: jars, flags, ports, keys. */
@NullMarked
package store.local.topology;

import org.jspecify.annotations.NullMarked;
