package store.chaos.fault;

import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Matches targets with parts and links. A service's bare name stands for all its instances, such as {@code order-service-1}. */
final class Targets {

    private Targets() {}

    /**
     * Whether the target stands for the part or link of this name.
     *
     * @param target a part, or a link between two parts
     */
    static boolean means(String target, String name) {
        var wanted = target.split(":");
        var found = name.split(":");
        return wanted.length == found.length
                && IntStream.range(0, found.length)
                        .allMatch(end -> found[end].matches(Pattern.quote(wanted[end]) + "(-\\d+)?"));
    }
}
