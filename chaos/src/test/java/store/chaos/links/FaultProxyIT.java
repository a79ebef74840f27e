package store.chaos.links;

/** Ours keeps Toxiproxy's contract, and can do more. */
final class FaultProxyIT extends ToxiproxyContract {

    @Override
    ProcessBuilder command(int port) {
        return new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx48m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "store.chaos.links.FaultProxy",
                "--port",
                Integer.toString(port));
    }
}
