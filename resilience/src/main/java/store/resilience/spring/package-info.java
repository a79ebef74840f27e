/** The Spring glue of {@link store.resilience}: the only package of the module that knows the framework. */
@NullMarked
package store.resilience.spring;

import org.jspecify.annotations.NullMarked;
