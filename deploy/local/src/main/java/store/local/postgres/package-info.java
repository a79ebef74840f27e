/** PostgreSQL without an installation: the binaries of a Maven artifact, unpacked, and one durable cluster per service. */
@NullMarked
package store.local.postgres;

import org.jspecify.annotations.NullMarked;
