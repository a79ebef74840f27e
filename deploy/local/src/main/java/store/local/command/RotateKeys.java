package store.local.command;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import store.local.supervision.Plan;
import store.local.topology.KeyRotation;

@Command(
        name = "deploy/local/rotate-keys",
        description = {
            "Gives a service a new key for fingerprints and card tokens; the store may be under load.",
            "First every instance learns to verify and open with the new key, then every instance seals with it.",
            "Each of the two steps restarts the instances one after the other. If a rotation was interrupted,",
            "this continues it. Old keys stay, because the data under them must be verified and opened for ever."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:every process seals with the new key",
            "1:failed, or the store does not run; run it again to continue",
            "2:usage",
            "130:interrupted; run it again to continue"
        })
final class RotateKeys implements Callable<Integer> {

    private static final List<String> SERVICES = List.of("order-service", "payment-service");
    private static final String MONOLITH = "monolith";

    @Mixin
    private Instance instance = new Instance();

    @Parameters(
            arity = "0..1",
            paramLabel = "SERVICE",
            description = "order-service or payment-service. Default: both.")
    private @Nullable String service;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (service != null && !SERVICES.contains(service)) {
            throw new ParameterException(
                    command.commandLine(),
                    "'" + service + "' has no keys; the services with keys are " + String.join(", ", SERVICES));
        }
        Plan plan = instance.planOfRunning();
        for (String each : service == null ? SERVICES : List.of(service)) {
            rotate(plan, each);
        }
        return 0;
    }

    private void rotate(Plan plan, String service) throws IOException, InterruptedException {
        List<String> parts = Restart.parts(plan, plan.build().equals(MONOLITH) ? MONOLITH : service);
        try (KeyRotation rotation = KeyRotation.of(instance.folder(), service)
                .orElseThrow(() -> new Failure(Failure.FAILED, "another command is rotating the keys of " + service))) {
            if (!rotation.isCurrent()) {
                rotation.add();
                System.out.println("the keys of " + service + ", 1 of 2: every process learns the new key");
                Restart.restartEach(plan, parts);
                rotation.makeCurrent();
            }
            System.out.println("the keys of " + service + ", 2 of 2: every process seals with the new key");
            Restart.restartEach(plan, parts);
            rotation.finish();
        }
    }
}
