package store.local.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import store.local.supervision.InstanceFolder;
import store.local.topology.Topology;

@Command(
        name = "deploy/local/logs",
        description = "Shows the log of a part or of the supervisor, also after the store was stopped.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:failed", "2:usage", "130:interrupted"})
final class Logs implements Callable<Integer> {

    @Mixin
    private Instance instance = new Instance();

    @Parameters(
            paramLabel = "PART",
            description = "A name that deploy/local/status shows, a service for all its instances, or supervisor.")
    private String part = "";

    @Option(names = "-f", description = "Follow the log.")
    private boolean follow;

    @Option(names = "-n", paramLabel = "N", defaultValue = "100", description = "The number of lines. Default: 100.")
    private int lines;

    @Override
    public Integer call() throws IOException, InterruptedException {
        InstanceFolder folder = instance.folder();
        List<String> all = logs(folder);
        List<String> wanted =
                all.stream().filter(log -> Topology.means(part, log)).toList();
        Failure.refuseUnless(!wanted.isEmpty(), "no log of '" + part + "'; there are logs of " + all);
        List<String> tail = new ArrayList<>(List.of("tail", "-n", Integer.toString(lines)));
        if (follow) {
            tail.add("-F");
        }
        wanted.forEach(log -> tail.add(folder.log(log).toString()));
        Process process = new ProcessBuilder(tail).inheritIO().start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        return process.waitFor() == 0 ? 0 : Failure.FAILED;
    }

    private static List<String> logs(InstanceFolder folder) throws IOException {
        Path logs = folder.log("any").getParent();
        if (logs == null || !Files.isDirectory(logs)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(logs)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".log"))
                    .map(file -> file.replace(".log", ""))
                    .sorted()
                    .toList();
        }
    }
}
