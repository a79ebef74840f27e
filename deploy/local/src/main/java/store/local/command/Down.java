package store.local.command;

import java.io.IOException;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import store.local.supervision.InstanceFolder;

@Command(
        name = "deploy/local/down",
        description = "Stops the store, from the gateway to the databases, and keeps its data.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:stopped, or was not running", "1:failed", "2:usage", "130:interrupted"})
final class Down implements Callable<Integer> {

    @Mixin
    private Instance instance = new Instance();

    @Option(names = "--json", description = "Print {\"name\", \"wasRunning\"}, and progress to standard error.")
    private boolean json;

    private record Document(String name, boolean wasRunning) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        InstanceFolder folder = instance.folder();
        boolean wasRunning = folder.plan().isPresent();
        if (wasRunning) {
            instance.end((json ? System.err : System.out)::println);
        }
        if (Files.isDirectory(folder.path())) {
            folder.own() // closing it deletes the lock file that a killed supervisor left
                    .orElseThrow(() -> new Failure(
                            Failure.FAILED,
                            "'" + folder.name() + "' is being prepared; interrupt that deploy/local/up"))
                    .close();
        }
        if (json) {
            System.out.println(InstanceFolder.JSON.writeValueAsString(new Document(folder.name(), wasRunning)));
        } else {
            System.out.println("'" + folder.name() + (wasRunning ? "' is down; its data is kept" : "' is not running"));
        }
        return 0;
    }
}
