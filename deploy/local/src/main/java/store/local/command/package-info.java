/** What is typed: {@code deploy/local/up}, {@code down}, {@code status}, {@code logs} and {@code restart}. */
@NullMarked
package store.local.command;

import org.jspecify.annotations.NullMarked;
