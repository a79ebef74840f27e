package store.chaos.fault;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Breaks and mends a running store from outside: by signals to its processes, and at the links between them. */
@Command(
        name = "chaos/fault",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Breaks the parts and the links of a running store, for a time, and mends them.",
        subcommands = {Fault.Inject.class, Fault.Revert.class, Fault.Status.class, Fault.Kinds.class},
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed", "2:usage", "3:the fault was planted and did not fire"})
final class Fault {

    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int NOT_SHOWN = 3;

    public static void main(String[] arguments) {
        var line = new CommandLine(new Fault());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("chaos/fault: " + failure.getMessage());
            // An amount can be parsed only once the kind of fault is known.
            return failure instanceof CommandLine.TypeConversionException ? USAGE : FAILED;
        });
        System.exit(line.execute(arguments));
    }

    /** The store that is broken. */
    static final class Store {
        @Option(names = "--name", defaultValue = "store", description = "The instance. Default: ${DEFAULT-VALUE}")
        private String name = "store";

        @Option(
                names = "--target",
                defaultValue = "local",
                description = "Where the store runs; only local exists. Default: ${DEFAULT-VALUE}")
        private String target = "local";

        @Spec(Spec.Target.MIXEE)
        private CommandSpec command = CommandSpec.create();

        Parts parts() throws IOException {
            if (!target.equals("local")) {
                throw new ParameterException(command.commandLine(), "--target: only local, not " + target);
            }
            return new Parts(name);
        }

        /** Empty if the store was started without links. */
        List<Links> links() throws IOException {
            return parts().url("links").map(Links::new).stream().toList();
        }

        List<PlantedFault> planted() throws IOException, InterruptedException {
            List<PlantedFault> planted = new ArrayList<>(parts().active());
            for (var links : links()) {
                planted.addAll(links.planted());
            }
            return planted;
        }

        List<PlantedFault> active() throws IOException, InterruptedException {
            return planted().stream().filter(PlantedFault::active).toList();
        }
    }

    @Command(
            name = "inject",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Breaks a part (order-service, order-db) or a link (order-service:payment-service).")
    static final class Inject implements Callable<Integer> {

        private static final Duration DEFAULT = Duration.ofSeconds(30);

        @Mixin
        private Store store = new Store();

        @Parameters(
                index = "0",
                paramLabel = "KIND",
                converter = KindConverter.class,
                description = "See chaos/fault list.")
        private Kind kind = Kind.KILL;

        @Parameters(
                index = "1",
                paramLabel = "TARGET",
                description = "A part or a link. For a fault of links, a part stands for all links that lead to it.")
        private String target = "";

        @Option(
                names = "--for",
                paramLabel = "TIME",
                converter = Amount.Time.class,
                description = "How long the fault lasts. Default: 30s, but a killed part restarts at once.")
        private @Nullable Duration length;

        @Option(
                names = "--by",
                paramLabel = "AMOUNT",
                description = "How much: a time for slow and drip (default 200ms), kilobytes a second for throttle"
                        + " (default 10), percent for cpu (default 20).")
        private @Nullable String amount;

        @Override
        public Integer call() throws IOException, InterruptedException {
            var by = new Amount(
                    amount != null
                            ? amount
                            : switch (kind) {
                                case THROTTLE -> "10";
                                case CPU -> "20";
                                default -> "200ms";
                            });
            return kind.where() == Kind.Where.PART ? breakPart(by) : breakLinks(by);
        }

        private int breakPart(Amount by) throws IOException, InterruptedException {
            var fired = store.parts().inject(kind, target, by, length == null && kind != Kind.KILL ? DEFAULT : length);
            System.out.println(kind.label() + " " + target + (fired ? "" : ": has not fired"));
            return fired ? 0 : NOT_SHOWN;
        }

        private int breakLinks(Amount by) throws IOException, InterruptedException {
            var proxy = store.links().stream()
                    .findFirst()
                    .orElseThrow(() -> new IOException(
                            "'" + store.name + "' has no links to break; start it with deploy/local/up --links"));
            var links = proxy.leadingTo(target);
            if (links.isEmpty()) {
                throw new IOException("there is no link " + target);
            }
            for (var link : links) {
                if (kind == Kind.ERRORS && store.parts().isDatabase(link.substring(link.indexOf(':') + 1))) {
                    throw new IOException(link + " does not carry HTTP");
                }
                proxy.inject(kind, link, by, Objects.requireNonNullElse(length, DEFAULT));
                System.out.println(kind.label() + " " + link);
            }
            return 0;
        }
    }

    @Command(
            name = "revert",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Ends faults before their time.")
    static final class Revert implements Callable<Integer> {

        @Mixin
        private Store store = new Store();

        @Parameters(index = "0", arity = "0..1", paramLabel = "TARGET", description = "A part or a link.")
        private @Nullable String target;

        @Option(names = "--all", description = "All faults.")
        private boolean all;

        @Spec
        private CommandSpec command = CommandSpec.create();

        @Override
        public Integer call() throws IOException, InterruptedException {
            if (all == (target != null)) {
                throw new ParameterException(command.commandLine(), "name one target, or --all");
            }
            var fired = true;
            for (var fault : store.active()) {
                if (target == null || Targets.means(target, fault.target())) {
                    revert(fault);
                    System.out.println("ended: " + describe(fault));
                    fired &= fault.fired() > 0;
                }
            }
            return fired ? 0 : NOT_SHOWN;
        }

        private void revert(PlantedFault fault) throws IOException, InterruptedException {
            if (!fault.target().contains(":")) {
                store.parts().revert(fault.target());
                return;
            }
            for (var links : store.links()) {
                links.revert(fault.target(), null);
            }
        }
    }

    @Command(
            name = "status",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = "Shows the faults in force, and whether each has had an effect.")
    static final class Status implements Callable<Integer> {

        @Mixin
        private Store store = new Store();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Option(
                names = "--all",
                description = "Also shows faults of links that have ended, so that you see one that never fired.")
        private boolean all;

        @Override
        public Integer call() throws IOException, InterruptedException {
            var shown = all ? store.planted() : store.active();
            if (json) {
                System.out.println(JsonMapper.shared().writeValueAsString(shown));
                return 0;
            }
            if (shown.stream().noneMatch(PlantedFault::active)) {
                System.out.println("nothing is broken on purpose");
            }
            shown.forEach(fault -> System.out.println(describe(fault)));
            return 0;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the kinds of faults.")
    static final class Kinds implements Callable<Integer> {

        @Override
        public Integer call() {
            var out = new PrintWriter(System.out, true);
            Stream.of(Kind.values())
                    .forEach(kind -> out.printf(
                            "%-13s %-5s %s%n",
                            kind.label(), kind.where() == Kind.Where.PART ? "part" : "link", kind.effect()));
            return 0;
        }
    }

    static final class KindConverter implements CommandLine.ITypeConverter<Kind> {
        @Override
        public Kind convert(String given) {
            return Stream.of(Kind.values())
                    .filter(kind -> kind.label().equals(given))
                    .findFirst()
                    .orElseThrow(() -> new CommandLine.TypeConversionException(
                            "there is no fault '" + given + "'; see chaos/fault list"));
        }
    }

    private static String describe(PlantedFault fault) {
        var left = Math.max(0, Duration.between(Instant.now(), fault.until()).toSeconds());
        return fault.kind() + " " + fault.target()
                + (fault.active() ? ", for another " + left + " s" : ", has ended")
                + (fault.fired() > 0 ? ", has fired" : fault.active() ? ", has not fired yet" : ", never fired");
    }
}
