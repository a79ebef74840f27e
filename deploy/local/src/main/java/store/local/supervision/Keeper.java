package store.local.supervision;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one part running from {@link #start} to {@link #stop}.
 *
 * <p>A part that dies after it was ready starts again after the plan's delay. Each time that it dies before it is
 * ready, the delay doubles, up to {@link #LONGEST_DELAY}: it will fail in the same way again, but the cause may go
 * away.
 */
final class Keeper {

    static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    /** Short compared with any start, and cheap on any machine. */
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

    /** A larger log is put aside when its part starts. */
    private static final long LARGE_LOG_BYTES = 20_000_000;

    private static final String KILLED = "killed";
    private static final String PAUSED = "paused";
    private static final String THROTTLED = "throttled";

    /** @param undo lets the part's processes go on */
    private record Fault(String kind, Instant until, Runnable undo) {}

    private final Plan.Part part;
    private final boolean restart;
    private final Duration restartDelay;
    private final Runnable onStart;

    /** Held during a start, a stop or a restart, so that one happens at a time. */
    private final Object commands = new Object();

    // This object's monitor guards all that follows.
    private boolean wanted;
    private long notBeforeNanos = System.nanoTime();
    private @Nullable Process process;
    private @Nullable ProcessIdentity identity;
    private @Nullable Instant startedAt;
    private boolean ready;
    private int restarts;
    private String note = "not started yet";
    private @Nullable Fault fault;

    /** @param onStart runs after each start of the part's process */
    Keeper(Plan.Part part, boolean restart, Duration restartDelay, Runnable onStart) {
        this.part = part;
        this.restart = restart;
        this.restartDelay = restartDelay;
        this.onStart = onStart;
        Thread.ofPlatform().name(part.name()).daemon().start(this::keep);
    }

    Plan.Part part() {
        return part;
    }

    void start() {
        synchronized (commands) {
            want(true);
        }
    }

    /** Ends the process, and holds the part down until it is started. */
    void stop() {
        synchronized (commands) {
            Process running = want(false);
            if (running != null) {
                if (!Termination.end(running.toHandle(), part.kind(), Termination.PATIENCE)) {
                    say("did not end within " + Termination.PATIENCE.toSeconds() + " s and was killed");
                }
                awaitDown();
            }
        }
    }

    void restart() {
        synchronized (commands) {
            stop();
            start();
        }
    }

    /**
     * Kills the process without a warning.
     *
     * @param hold how long the part stays down at least; with zero it starts again as if it had died by itself
     */
    synchronized void kill(Duration hold) {
        Process running = process;
        if (running != null) {
            begin(KILLED, hold, () -> {});
            notBeforeNanos = System.nanoTime() + hold.toNanos();
            running.destroyForcibly();
        }
    }

    /** Stops the process and its children by a signal, and lets them go on when the time is up. */
    synchronized void pause(Duration length) {
        if (process != null) {
            begin(PAUSED, length, this::goOn);
            Termination.signal("STOP", family());
        }
    }

    /**
     * Lets the process and its children run for a share of the time only, also after a restart.
     *
     * @param percent 1 to 99
     */
    synchronized void throttle(Duration length, int percent) {
        if (process != null) {
            Throttle throttle = new Throttle(this::family, percent);
            begin(THROTTLED, length, () -> {
                throttle.close();
                goOn();
            });
        }
    }

    /** Ends the effect of {@link #kill}, {@link #pause} or {@link #throttle} before its time. */
    synchronized void relieve() {
        if (has(KILLED)) {
            notBeforeNanos = System.nanoTime();
            notifyAll();
        }
        endFault();
    }

    /** Ends the fault before it first: a child that stayed stopped would not notice that its parent has gone. */
    private void begin(String kind, Duration length, Runnable undo) {
        endFault();
        Fault begun = new Fault(kind, Instant.now().plus(length), undo);
        fault = begun;
        say(kind + " until " + begun.until() + ", as requested");
        CompletableFuture.delayedExecutor(length.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> endInTime(begun));
    }

    private synchronized void endInTime(Fault begun) {
        if (fault == begun) { // otherwise it was relieved, or another fault has taken its place
            endFault();
        }
    }

    private void endFault() {
        Fault ending = fault;
        if (ending != null) {
            ending.undo().run();
            fault = null;
        }
    }

    private void goOn() {
        Termination.signal("CONT", family());
    }

    private boolean has(String kind) {
        return fault != null && fault.kind().equals(kind);
    }

    /** The process and its children, while the part is wanted. */
    private synchronized List<ProcessHandle> family() {
        return process == null || !wanted
                ? List.of()
                : Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .toList();
    }

    synchronized @Nullable ProcessIdentity identity() {
        return identity;
    }

    synchronized PartReport report() {
        return new PartReport(
                part.name(),
                state(),
                identity == null ? null : identity.pid(),
                restarts,
                startedAt,
                note,
                fault == null ? "" : fault.kind(),
                fault == null ? null : fault.until());
    }

    private String state() {
        if (process == null) {
            return "down";
        }
        if (identity != null && identity.paused() && !has(THROTTLED)) {
            return "paused";
        }
        return ready ? "up" : "starting";
    }

    private synchronized @Nullable Process want(boolean wanted) {
        this.wanted = wanted;
        notBeforeNanos = System.nanoTime();
        notifyAll();
        return process;
    }

    private synchronized void awaitDown() {
        long deadline = System.nanoTime() + Termination.PATIENCE.toNanos();
        try {
            while (process != null && System.nanoTime() < deadline) {
                wait(PROBE_INTERVAL.toMillis());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void keep() {
        int failures = 0;
        try {
            while (true) {
                Process running = launchWhenDue();
                onStart.run();
                boolean wasReady = running != null && awaitReady(running);
                String end = running == null ? "could not be started" : "ended with exit code " + running.waitFor();
                failures = afterEnd(end, wasReady ? 0 : failures + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread
        }
    }

    /** Returns null if the process could not be started. */
    private synchronized @Nullable Process launchWhenDue() throws InterruptedException {
        while (true) {
            long waitNanos = notBeforeNanos - System.nanoTime();
            if (wanted && waitNanos <= 0) {
                break;
            }
            TimeUnit.NANOSECONDS.timedWait(this, wanted ? waitNanos : Long.MAX_VALUE);
        }
        try {
            Process launched = launch();
            process = launched;
            identity = ProcessIdentity.of(launched.pid()).orElse(null);
            startedAt = Instant.now();
            note = "";
            say("started, pid " + launched.pid());
            return launched;
        } catch (IOException e) {
            say(e.getMessage());
            return null;
        }
    }

    /** Returns the number of failures in a row that counts from now on. */
    private synchronized int afterEnd(String end, int failures) {
        process = null;
        identity = null;
        startedAt = null;
        ready = false;
        notifyAll();
        if (!wanted) {
            note = "stopped";
            say(end + ", as requested");
            return 0;
        }
        if (!restart) {
            wanted = false;
            note = end + "; it is not started again";
            say(note);
            return 0;
        }
        Duration delay = delayAfter(failures, restartDelay);
        restarts++;
        notBeforeNanos = Math.max(System.nanoTime() + delay.toNanos(), notBeforeNanos); // a kill may hold it longer
        note = end + (failures == 0 ? "" : " before it was ready") + "; starts again after " + delay.toMillis() + " ms";
        say(note);
        return failures;
    }

    /** How long a part stays down after this many starts in a row that never became ready. */
    static Duration delayAfter(int failures, Duration restartDelay) {
        Duration longest = restartDelay.compareTo(LONGEST_DELAY) > 0 ? restartDelay : LONGEST_DELAY;
        Duration doubled = restartDelay.multipliedBy(1L << Math.min(failures, 10));
        return doubled.compareTo(longest) < 0 ? doubled : longest;
    }

    private Process launch() throws IOException {
        Path log = Path.of(part.log());
        if (Files.exists(log) && Files.size(log) > LARGE_LOG_BYTES) {
            Files.move(log, Path.of(log + ".old"), StandardCopyOption.REPLACE_EXISTING);
        }
        return ShortCommand.builder(part.command(), part.environment())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private boolean awaitReady(Process running) throws InterruptedException {
        while (!running.waitFor(PROBE_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
            if (Probe.isReady(part, running.pid())) {
                synchronized (this) {
                    ready = true;
                    say("ready");
                    return true;
                }
            }
        }
        return false;
    }

    private void say(@Nullable String what) {
        Supervisor.say(part.name() + " " + what);
    }
}
