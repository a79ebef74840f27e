package store.chaos.fault;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The strength of a fault: a time such as {@code 200ms} or {@code 2s}, or a plain number such as {@code 10}. */
public record Amount(String text) {

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

    int percent() {
        var number = number();
        if (number < 1 || number > 99) {
            throw new TypeConversionException("--by: '" + text + "' is not a percentage from 1 to 99");
        }
        return (int) number;
    }

    /** Reads {@code 500ms}, {@code 1s}, {@code 2m}; at most a day, the supervisor's limit. */
    static Duration time(String text) {
        try {
            var time = text.endsWith("ms")
                    ? Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)))
                    : Duration.parse("PT" + text);
            // The links' proxy takes a time of 0 as no limit.
            if (time.toMillis() >= 1 && time.compareTo(Duration.ofDays(1)) <= 0) {
                return time;
            }
        } catch (DateTimeParseException | NumberFormatException | ArithmeticException notOne) {
            // refused below
        }
        throw new TypeConversionException("'" + text + "' is not a time such as 500ms or 2s, at most 24h");
    }

    /** Converts options that are times. */
    static final class Time implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String given) {
            return time(given);
        }
    }
}
