/**
 * PostgreSQL without an installation: the unpacked binaries of a Maven artifact, and a durable cluster for each
 * database.
 */
@NullMarked
package store.local.postgres;

import org.jspecify.annotations.NullMarked;
