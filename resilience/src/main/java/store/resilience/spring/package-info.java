/** The Spring glue of {@link store.resilience}, and the only package of this module that depends on Spring. */
@NullMarked
package store.resilience.spring;

import org.jspecify.annotations.NullMarked;
