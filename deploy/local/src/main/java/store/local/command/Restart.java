package store.local.command;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import store.local.supervision.Control;
import store.local.supervision.PartReport;
import store.local.supervision.Plan;

@Command(
        name = "deploy/local/restart",
        description = "Stops one part gracefully, starts it again and waits until it is ready.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:ready again", "1:failed", "2:usage", "130:interrupted"})
final class Restart implements Callable<Integer> {

    private static final Duration BOUND = Duration.ofMinutes(2);

    @Mixin
    private Instance instance = new Instance();

    @Parameters(paramLabel = "PART", description = "As deploy/local/status names it.")
    private String part = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Plan plan = instance.planOfRunning();
        Logs.requirePart(plan, part);
        try (Control control = new Control(plan)) {
            PartReport before = report(control);
            control.ask(part, "restart");
            long deadline = System.nanoTime() + BOUND.toNanos();
            PartReport now = before;
            while (now.pid() == null
                    || now.pid().equals(before.pid())
                    || !now.state().equals("up")) {
                if (System.nanoTime() > deadline || now.restarts() > before.restarts() + 1) {
                    throw new Failure(Failure.FAILED, part + " does not become ready: " + now.note());
                }
                Thread.sleep(50);
                now = report(control);
            }
            System.out.println(part + " is up again, pid " + now.pid());
        }
        return 0;
    }

    private PartReport report(Control control) throws IOException {
        return control.parts().stream()
                .filter(report -> report.name().equals(part))
                .findAny()
                .orElseThrow();
    }
}
