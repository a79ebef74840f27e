package store.payment.acquirer;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.payment.Acquirer;
import store.resilience.PeerCallSettings;
import store.resilience.PeerClient;
import store.resilience.spring.SpringTransactionGuard;

/** The real acquirer sandbox in this process, and the real adapter that calls it. */
public final class Sandbox implements AutoCloseable {

    public static final Duration VOID_WINDOW = Duration.ofHours(1);

    private final AcquirerSandbox sandbox;
    private final HttpAcquirer acquirer;

    public Sandbox(Path data, InstantSource time) throws IOException {
        sandbox = AcquirerSandbox.start(AcquirerSettings.defaults(data).withVoidWindow(VOID_WINDOW), time);
        acquirer = acquirer(sandbox.port());
    }

    static HttpAcquirer acquirer(int port) {
        var call = new PeerCallSettings(
                List.of(URI.create("http://127.0.0.1:" + port)), Duration.ofMillis(200), Duration.ofMillis(600));
        return new HttpAcquirer("sandbox", new PeerClient(call, new SpringTransactionGuard()));
    }

    public Acquirer acquirer() {
        return acquirer;
    }

    @Override
    public void close() {
        acquirer.close();
        sandbox.close();
    }
}
