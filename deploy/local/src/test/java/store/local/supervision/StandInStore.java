package store.local.supervision;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import store.local.supervision.Plan.Kind;
import store.local.topology.Ports;
import store.local.topology.PrepareInstance;

/**
 * A supervisor that runs stand-ins instead of services: {@code back}, {@code front}, and the parts that a test adds.
 */
public final class StandInStore implements AutoCloseable {

    public static final Duration RESTART_DELAY = Duration.ofMillis(400);
    static final Duration BOUND = Duration.ofSeconds(20);

    public final InstanceFolder folder;
    public final Plan plan;
    public final Control control;
    private final Process supervisor;

    public StandInStore(Path root, Plan.Part... more) throws IOException {
        folder = new InstanceFolder(PrepareInstance.instances(root).resolve("test"));
        folder.create();
        Ports ports = new Ports();
        List<Plan.Part> parts = new ArrayList<>(List.of(service("back", ports.take()), service("front", ports.take())));
        parts.addAll(List.of(more));
        plan = new Plan(
                "test",
                "services",
                "http://127.0.0.1:1",
                ports.take(),
                "a-token",
                true,
                RESTART_DELAY,
                supervisorCommand(),
                parts);
        folder.write(plan);
        supervisor = startSupervisor();
        control = new Control(plan);
        await().atMost(BOUND).ignoreExceptions().until(() -> !control.parts().isEmpty());
    }

    /** A test starts a second one, which must be refused. */
    Process startSupervisor() throws IOException {
        return ShortCommand.builder(plan.supervisor(), Map.of())
                .redirectOutput(Redirect.appendTo(folder.log("supervisor").toFile()))
                .start();
    }

    public ProcessHandle supervisor() {
        return supervisor.toHandle();
    }

    public PartReport part(String name) throws IOException {
        return PartReport.of(name, control.parts());
    }

    public ProcessHandle process(String name) throws IOException {
        Long pid = part(name).pid();
        return ProcessHandle.of(pid == null ? -1 : pid).orElseThrow();
    }

    public void start(String name) throws IOException {
        control.ask(name, "start");
        eventually(() -> part(name).state().equals("up"));
    }

    public static void eventually(Callable<Boolean> condition) {
        await().atMost(BOUND).pollInterval(Duration.ofMillis(20)).until(condition);
    }

    /** A part that runs a shell script. */
    static Plan.Part shell(InstanceFolder folder, String name, String script) {
        return part(folder, name, List.of("sh", "-c", script), "http://127.0.0.1:1/");
    }

    private Plan.Part service(String name, int port) {
        List<String> command = new ArrayList<>(java());
        command.addAll(List.of(StandIn.class.getName(), Integer.toString(port)));
        return part(folder, name, command, "http://127.0.0.1:" + port + "/actuator/health/readiness");
    }

    private static Plan.Part part(InstanceFolder folder, String name, List<String> command, String ready) {
        return new Plan.Part(
                name,
                Kind.SERVICE,
                command,
                Map.of(),
                folder.log(name).toString(),
                ready,
                ready,
                null,
                null,
                null,
                null);
    }

    private List<String> supervisorCommand() {
        List<String> command = new ArrayList<>(java());
        command.addAll(List.of(Supervisor.class.getName(), folder.path().toString()));
        return command;
    }

    private static List<String> java() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(
                java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"));
    }

    @Override
    public void close() {
        control.close();
        supervisor.destroy();
        supervisor.onExit().orTimeout(BOUND.toSeconds(), TimeUnit.SECONDS).join();
    }
}
