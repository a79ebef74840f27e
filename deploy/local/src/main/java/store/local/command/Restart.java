package store.local.command;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import store.local.supervision.Control;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;
import store.local.topology.Topology;

@Command(
        name = "deploy/local/restart",
        description = {
            "Stops a part gracefully, starts it again, and waits until it is ready.",
            "Restarts the instances of a service one after the other, so that it stays available."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:ready again", "1:failed", "2:usage", "130:interrupted"})
final class Restart implements Callable<Integer> {

    private static final Duration BOUND = Duration.ofMinutes(2);

    @Mixin
    private Instance instance = new Instance();

    @Parameters(
            paramLabel = "PART",
            description = "A name that deploy/local/status shows, or a service for all its instances.")
    private String part = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Plan plan = instance.planOfRunning();
        restartEach(plan, parts(plan, part));
        return 0;
    }

    /** The part with this name, or the instances of the service with this name. */
    static List<String> parts(Plan plan, String name) {
        List<String> all = plan.parts().stream().map(Plan.Part::name).toList();
        List<String> wanted =
                all.stream().filter(part -> Topology.means(name, part)).toList();
        Failure.refuseUnless(!wanted.isEmpty(), "no part '" + name + "'; the parts are " + all);
        return wanted;
    }

    /** Restarts one part after the other, each when the part before it is ready again. */
    static void restartEach(Plan plan, List<String> parts) throws IOException, InterruptedException {
        for (String part : parts) {
            restart(plan, part);
        }
    }

    private static void restart(Plan plan, String part) throws IOException, InterruptedException {
        try (Control control = new Control(plan)) {
            PartReport before = PartReport.of(part, control.parts());
            control.ask(part, "restart");
            long deadline = System.nanoTime() + BOUND.toNanos();
            PartReport now = before;
            while (now.pid() == null
                    || now.pid().equals(before.pid())
                    || !now.state().equals("up")) {
                Failure.failUnless(
                        System.nanoTime() <= deadline && now.restarts() <= before.restarts() + 1,
                        part + " does not become ready: " + now.note());
                Thread.sleep(50);
                now = PartReport.of(part, control.parts());
            }
            System.out.println(part + " is up again, pid " + now.pid());
        }
    }
}
