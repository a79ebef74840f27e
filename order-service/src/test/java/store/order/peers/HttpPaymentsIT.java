package store.order.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import store.acquirer.AcquirerSandbox;
import store.acquirer.AcquirerSettings;
import store.order.Payments;
import store.order.PaymentsContract;
import store.payment.boot.PaymentServiceApplication;
import store.resilience.PeerClient;

/** The adapter against the real payment-service, which calls the real sandbox. */
class HttpPaymentsIT implements PaymentsContract {

    @TempDir
    static Path folder;

    private static AcquirerSandbox acquirer;
    private static ConfigurableApplicationContext owner;
    private static PeerClient peer;

    @BeforeAll
    static void startTheOwner() throws IOException {
        acquirer = AcquirerSandbox.start(AcquirerSettings.defaults(folder.resolve("acquirer")));
        var secret =
                Files.writeString(folder.resolve("secret"), Base64.getEncoder().encodeToString(new byte[32]));
        owner = RealOwner.start(
                PaymentServiceApplication.class,
                "payment-service",
                "--store.payment.acquirer.address=http://localhost:" + acquirer.port(),
                "--store.payment.secret-file=" + secret);
        peer = RealOwner.client(owner);
    }

    @AfterAll
    static void stopTheOwner() {
        peer.close();
        owner.close();
        acquirer.close();
    }

    @Override
    public Payments payments() {
        return new HttpPayments(peer);
    }

    @Override
    public TransactionOperations transactions() {
        return new TransactionTemplate(owner.getBean(PlatformTransactionManager.class));
    }
}
