package store.acquirer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.acquirer.Answer.Booked;
import store.acquirer.Answer.Reason;
import store.acquirer.Answer.Refused;
import store.acquirer.Answer.Undone;
import store.acquirer.Movement.Kind;

class LedgerConcurrencyTest {

    private static final int THREADS = 50;
    private static final Money PRICE = new Money(1999, "EUR");

    @TempDir
    Path folder;

    private final UUID order = UUID.randomUUID();
    private volatile CountDownLatch diskIsBusy = new CountDownLatch(0);
    private Ledger ledger;

    @BeforeEach
    void open() throws IOException {
        ledger = Ledger.open(AcquirerSettings.defaults(folder), InstantSource.system(), file -> {
            try {
                diskIsBusy.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            Journal.Disk.FDATASYNC.force(file);
        });
    }

    @AfterEach
    void close() throws IOException {
        ledger.close();
    }

    @Test
    void capturesAKeyOnceForFiftyCallers() throws Exception {
        List<Answer> answers = together(_ -> ledger.capture("key", order, PRICE, "tok_visa"));

        List<Movement> statement = statement();
        assertThat(statement).hasSize(1);
        assertThat(answers)
                .containsOnly(new Booked(statement.getFirst(), true), new Booked(statement.getFirst(), false));
        assertThat(answers).filteredOn(answer -> ((Booked) answer).first()).hasSize(1);
    }

    @Test
    void leavesNothingCapturedWhenVoidsAndCapturesRace() throws Exception {
        List<Answer> answers =
                together(i -> i % 2 == 0 ? ledger.capture("key", order, PRICE, "tok_visa") : ledger.undo("key", order));

        List<Movement> statement = statement();
        assertThat(statement).extracting(Movement::kind).isIn(List.of(), List.of(Kind.CAPTURE, Kind.VOID));
        Undone undone = statement.isEmpty() ? new Undone(null, null) : new Undone(statement.get(0), statement.get(1));
        assertThat(answers)
                .filteredOn(Undone.class::isInstance)
                .hasSize(THREADS / 2)
                .containsOnly(undone);
        assertThat(answers).filteredOn(Refused.class::isInstance).allMatch(new Refused(Reason.VOIDED)::equals);
    }

    @Test
    void neverRefundsMoreThanWasCaptured() throws Exception {
        UUID capture = ((Booked) ledger.capture("key", order, PRICE, "tok_visa"))
                .movement()
                .id();

        together(i -> ledger.refund("refund" + i, order, capture, new Money(100, "EUR")));

        assertThat(statement())
                .filteredOn(movement -> movement.kind() == Kind.REFUND)
                .hasSize(19);
    }

    @Test
    void showsEveryCaptureOnceDuringConcurrentReads() throws Exception {
        List<Answer> answers = together(i -> {
            Answer answer = ledger.capture("key" + i, UUID.randomUUID(), PRICE, "tok_visa");
            assertThat(statement()).contains(((Booked) answer).movement());
            return answer;
        });

        assertThat(statement())
                .containsExactlyInAnyOrderElementsOf(answers.stream()
                        .map(answer -> ((Booked) answer).movement())
                        .toList());
    }

    @Test
    void answersNothingBeforeItIsOnTheDisk() throws Exception {
        diskIsBusy = new CountDownLatch(1);
        try (var threads = Executors.newFixedThreadPool(4)) {
            Future<Answer> first = threads.submit(() -> ledger.capture("key", order, PRICE, "tok_visa"));
            await().until(() -> Files.readString(folder.resolve("journal")).contains("CAPTURE"));
            Future<Answer> repeat = threads.submit(() -> ledger.capture("key", order, PRICE, "tok_visa"));
            Future<List<Movement>> statement = threads.submit(this::statement);
            Future<List<Movement>> movements = threads.submit(() -> ledger.movements(order));
            List<Future<?>> all = List.of(first, repeat, statement, movements);

            await().during(Duration.ofMillis(100)).until(() -> all.stream().noneMatch(Future::isDone));
            diskIsBusy.countDown();

            Movement movement = ((Booked) first.get()).movement();
            assertThat(repeat.get()).isEqualTo(new Booked(movement, false));
            assertThat(statement.get()).containsExactly(movement).isEqualTo(movements.get());
        }
    }

    private List<Movement> statement() {
        return Objects.requireNonNull(ledger.statement(null, 1000)).movements();
    }

    private interface Call {
        Answer make(int i) throws Exception;
    }

    private static List<Answer> together(Call call) throws Exception {
        var barrier = new CyclicBarrier(THREADS);
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            List<Callable<Answer>> calls = IntStream.range(0, THREADS)
                    .<Callable<Answer>>mapToObj(i -> () -> {
                        barrier.await();
                        return call.make(i);
                    })
                    .toList();
            List<Answer> answers = new ArrayList<>();
            for (Future<Answer> answer : threads.invokeAll(calls)) {
                answers.add(answer.get());
            }
            return answers;
        }
    }
}
