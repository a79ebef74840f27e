package store.chaos.fault;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How much of it: a time such as {@code 200ms} or {@code 2s}, or a plain number such as {@code 10}. */
record Amount(String text) {

    long number() {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException notOne) {
            throw new TypeConversionException("--by: '" + text + "' is not a number such as 10");
        }
    }

    long millis() {
        return time(text).toMillis();
    }

    /** Reads {@code 500ms}, {@code 1s}, {@code 2m}. */
    static Duration time(String text) {
        try {
            return text.endsWith("ms")
                    ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                    : Duration.parse("PT" + text);
        } catch (DateTimeParseException | NumberFormatException notOne) {
            throw new TypeConversionException("'" + text + "' is not a time such as 500ms or 2s");
        }
    }

    /** For options that are times. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String given) {
            return time(given);
        }
    }
}
