package store.chaos.fault;

import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** What a target stands for where a service has several instances, such as {@code order-service-1}: its bare name means all of them. */
final class Targets {

    private Targets() {}

    /**
     * @param target a part, or a link between two
     * @param name what it may mean: the name of a part, or of a link between two
     */
    static boolean means(String target, String name) {
        var wanted = target.split(":");
        var found = name.split(":");
        return wanted.length == found.length
                && IntStream.range(0, found.length)
                        .allMatch(end -> found[end].matches(Pattern.quote(wanted[end]) + "(-\\d+)?"));
    }
}
