/** What the store consists of on this machine, and how that becomes processes: jars, flags, ports, keys. */
@NullMarked
package store.local.topology;

import org.jspecify.annotations.NullMarked;
