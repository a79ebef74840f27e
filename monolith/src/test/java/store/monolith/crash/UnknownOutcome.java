package store.monolith.crash;

import java.lang.reflect.Constructor;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a port's method returns when its answer is lost: every peer's has an outcome for that, named {@code Unknown}. */
final class UnknownOutcome {

    private UnknownOutcome() {}

    /** An unknown outcome of this type, or null if the type has none: then it is no peer that is asked. */
    static @Nullable Object of(Class<?> outcome) {
        return kinds(outcome)
                .filter(kind -> kind.isRecord() && kind.getSimpleName().equals("Unknown"))
                .findFirst()
                .map(kind -> {
                    try {
                        Constructor<?> constructor = kind.getDeclaredConstructor(String.class);
                        return constructor.newInstance("the answer is lost");
                    } catch (ReflectiveOperationException e) {
                        throw new IllegalStateException(kind + " does not say why", e);
                    }
                })
                .orElse(null);
    }

    private static Stream<Class<?>> kinds(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(Objects.requireNonNull(type.getPermittedSubclasses()))
                        .flatMap(UnknownOutcome::kinds)
                : Stream.of(type);
    }
}
