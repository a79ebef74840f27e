/** The commands: {@code deploy/local/up}, {@code down}, {@code status}, {@code logs}, {@code restart} and so on. */
@NullMarked
package store.local.command;

import org.jspecify.annotations.NullMarked;
