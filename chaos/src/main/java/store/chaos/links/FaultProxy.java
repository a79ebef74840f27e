package store.chaos.links;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/**
 * The links of one store, as one process. It has Toxiproxy's API and effects, so Toxiproxy's clients can drive it. It adds
 * {@code lose_answers} (requests pass, answers never do) and {@code errors} (HTTP requests are answered 503, and the store has worked on
 * every other one of them). It differs from Toxiproxy 2.5:
 *
 * <ul>
 *   <li>Without an address it listens on the loopback, not everywhere.
 *   <li>It passes on the end of one direction as such, and a reset as a reset; Toxiproxy closes both directions in either case.
 *   <li>{@code reset_peer} also resets connections that are older than the toxic; Toxiproxy closes those without a reset. The end of a
 *       stream alone does not trigger it.
 *   <li>It draws once whether a toxic acts on a connection, and again only if the toxicity changes.
 *   <li>Under toxics a direction holds back at most 256 KiB; then the sender has to wait.
 *   <li>There is no type {@code noop}, and no {@code /metrics}.
 * </ul>
 */
@Command(
        name = "links",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Stands in front of the store's parts, passes everything on, and fails on demand.")
final class FaultProxy implements Callable<Integer> {

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @Option(names = "--port", required = true, description = "The control API's port, on the loopback.")
    private int port;

    @Option(
            names = "--proxy",
            paramLabel = "NAME=[ADDRESS:]PORT:HOST:PORT",
            description = "Listen on the first port (by default of the loopback), pass on to the host and port.")
    private List<String> proxies = List.of();

    public static void main(String[] arguments) {
        // Without this property, each answer on a kept connection waits 40 ms for the client's acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        var line = new CommandLine(new FaultProxy());
        line.setExecutionExceptionHandler((failure, command, _) -> {
            command.getErr().println("links: " + failure.getMessage());
            return failure instanceof IOException ? 2 : 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var api = new Api();
        for (var proxy : proxies) {
            add(api, proxy);
        }
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", api);
        server.start();
        System.err.println("links: " + proxies.size() + " up, control API on port "
                + server.getAddress().getPort());
        new CountDownLatch(1).await(); // until the process is killed
        return 0;
    }

    private void add(Api api, String proxy) throws IOException {
        var equals = proxy.indexOf('=');
        var parts = proxy.substring(equals + 1).split(":");
        if (equals < 1 || parts.length < 3 || parts.length > 4) {
            throw new ParameterException(
                    spec.commandLine(), "--proxy " + proxy + ": not NAME=[ADDRESS:]PORT:HOST:PORT");
        }
        var listen = parts.length == 4 ? parts[0] + ":" + parts[1] : "127.0.0.1:" + parts[0];
        var upstream = parts[parts.length - 2] + ":" + parts[parts.length - 1];
        api.add(proxy.substring(0, equals), listen, upstream, true);
    }
}
