package store.local.supervision;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import store.local.supervision.Plan.Kind;

/**
 * Keeps one part running while it is wanted. Held at first.
 *
 * <p>A part that was ready and died starts again after the plan's delay. One that died before it was ready doubles the delay each
 * time, up to {@link #LONGEST_DELAY}: it will fail the same way again, but what it waits for may come back.
 */
final class Keeper {

    static final Duration LONGEST_DELAY = Duration.ofSeconds(10);

    /** Short against any start, cheap against any machine. */
    private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

    private static final int PROBE_TIMEOUT_MILLIS = 1000;

    /** What a throttled part is given its share of: that of Linux's CPU quotas. */
    private static final Duration THROTTLE_PERIOD = Duration.ofMillis(100);

    private static final String THROTTLED = "throttled";

    /** A log that has grown past this is put aside when its part starts. */
    private static final long LARGE_LOG_BYTES = 20_000_000;

    private enum State {
        UP,
        STARTING,
        DOWN
    }

    private final Plan.Part part;
    private final boolean restart;
    private final Duration restartDelay;
    private final Consumer<Keeper> onStart;

    /** One stop, start or restart at a time. */
    private final ReentrantLock commands = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean wanted;
    private long notBeforeNanos = System.nanoTime();
    private @Nullable Process process;
    private @Nullable ProcessIdentity identity;
    private @Nullable Instant startedAt;
    private State state = State.DOWN;
    private int restarts;
    private String note = "not started yet";
    private long heldUntilNanos = System.nanoTime();
    private String fault = "";
    private @Nullable Instant faultUntil;

    Keeper(Plan.Part part, boolean restart, Duration restartDelay, Consumer<Keeper> onStart) {
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
        commands.lock();
        try {
            want(true);
        } finally {
            commands.unlock();
        }
    }

    /** Ends the process and holds the part down until it is started. */
    void stop() {
        commands.lock();
        try {
            Process running = want(false);
            if (running != null) {
                boolean polite = Termination.end(running.toHandle(), part.kind(), Termination.PATIENCE);
                if (!polite) {
                    say("did not end within " + Termination.PATIENCE.toSeconds() + " s and was killed");
                }
                awaitDown();
            }
        } finally {
            commands.unlock();
        }
    }

    void restart() {
        commands.lock();
        try {
            stop();
            start();
        } finally {
            commands.unlock();
        }
    }

    /**
     * Kills the process without a warning.
     *
     * @param hold how long the part stays down at least; with zero it starts again as if it had died by itself
     */
    void kill(Duration hold) {
        lock.lock();
        try {
            Process running = process;
            if (running != null) {
                if (!fault.isEmpty()) { // its children, if they are stopped, would not notice that it has gone
                    Termination.signal("CONT", family(running));
                }
                begin("killed", hold);
                heldUntilNanos = System.nanoTime() + hold.toNanos();
                running.destroyForcibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stops the process and its children in their tracks, and lets them go on when the time is up. */
    void pause(Duration length) {
        lock.lock();
        try {
            Process running = process;
            if (running != null) {
                Instant until = begin("paused", length);
                Termination.signal("STOP", family(running));
                Thread.ofPlatform().name(part.name() + " paused").daemon().start(() -> resumeAt(until));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets the process and its children run for a share of the time only, also after a restart.
     *
     * @param percent 1 to 99
     */
    void throttle(Duration length, int percent) {
        lock.lock();
        try {
            if (process != null) {
                Instant until = begin(THROTTLED, length);
                Thread.ofPlatform()
                        .name(part.name() + " throttled")
                        .daemon()
                        .start(() -> throttleUntil(until, percent));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends what {@link #kill}, {@link #pause} or {@link #throttle} began, before its time. */
    void relieve() {
        lock.lock();
        try {
            if (!fault.isEmpty() && process != null) {
                Termination.signal("CONT", family(process));
            }
            fault = "";
            faultUntil = null;
            if (heldUntilNanos - System.nanoTime() > 0) {
                heldUntilNanos = System.nanoTime();
                notBeforeNanos = heldUntilNanos;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private Instant begin(String kind, Duration length) {
        Instant until = Instant.now().plus(length);
        fault = kind;
        faultUntil = until;
        say(kind + " until " + until + ", as it was told");
        return until;
    }

    private void resumeAt(Instant until) {
        try {
            Thread.sleep(Duration.between(Instant.now(), until));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread
        }
        relieveOf(until);
    }

    private void relieveOf(Instant until) {
        lock.lock();
        try {
            if (until.equals(faultUntil)) { // else it was relieved, or another fault has taken this one's place
                relieve();
            }
        } finally {
            lock.unlock();
        }
    }

    private void throttleUntil(Instant until, int percent) {
        try (Signals signals = new Signals()) {
            long begin = System.nanoTime();
            while (isThrottled(until)) {
                List<ProcessHandle> stopped = stopNow(until, signals);
                TimeUnit.NANOSECONDS.sleep(
                        begin + THROTTLE_PERIOD.toNanos() * (100 - percent) / 100 - System.nanoTime());
                goOn(until, stopped, signals);
                begin = Math.max(begin + THROTTLE_PERIOD.toNanos(), System.nanoTime());
                TimeUnit.NANOSECONDS.sleep(begin - System.nanoTime());
            }
        } catch (IOException e) {
            say("is throttled no longer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts this thread
        } finally {
            relieveOf(until);
        }
    }

    private boolean isThrottled(Instant until) {
        lock.lock();
        try {
            return until.equals(faultUntil) && Instant.now().isBefore(until);
        } finally {
            lock.unlock();
        }
    }

    private List<ProcessHandle> stopNow(Instant until, Signals signals) throws IOException {
        lock.lock();
        try {
            Process running = process;
            if (running == null || !wanted || !isThrottled(until)) {
                return List.of();
            }
            signals.send("STOP", List.of(running.toHandle())); // from now on it has no more children
            List<ProcessHandle> family = family(running);
            signals.send("STOP", family);
            return family;
        } finally {
            lock.unlock();
        }
    }

    private void goOn(Instant until, List<ProcessHandle> stopped, Signals signals) throws IOException {
        lock.lock();
        try {
            if (until.equals(faultUntil)) { // else it goes on already, or has been paused
                signals.send("CONT", stopped);
            }
        } finally {
            lock.unlock();
        }
    }

    private static List<ProcessHandle> family(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
    }

    @Nullable
    ProcessIdentity identity() {
        lock.lock();
        try {
            return identity;
        } finally {
            lock.unlock();
        }
    }

    PartReport report() {
        lock.lock();
        try {
            ProcessIdentity running = identity;
            boolean paused = running != null && running.paused() && !fault.equals(THROTTLED);
            boolean faulty = faultUntil != null && Instant.now().isBefore(faultUntil);
            return new PartReport(
                    part.name(),
                    paused ? "paused" : state.name().toLowerCase(Locale.ROOT),
                    running == null ? null : running.pid(),
                    restarts,
                    startedAt,
                    note,
                    faulty ? fault : "",
                    faulty ? faultUntil : null);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Process want(boolean wanted) {
        lock.lock();
        try {
            this.wanted = wanted;
            notBeforeNanos = System.nanoTime();
            changed.signalAll();
            return process;
        } finally {
            lock.unlock();
        }
    }

    private void awaitDown() {
        lock.lock();
        try {
            long nanos = Termination.PATIENCE.toNanos();
            while (process != null && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void keep() {
        int failures = 0;
        try {
            while (true) {
                Process running = launchWhenDue();
                boolean wasReady = running != null && awaitReady(running);
                String end = running == null ? "could not be started" : "ended with exit code " + running.waitFor();
                failures = wasReady ? 0 : failures + 1;
                failures = afterEnd(end, failures);
            }
        } catch (InterruptedException e) {
            Thread.currentThread()
                    .interrupt(); // nobody interrupts this thread; with it the part would only lose its keeper
        }
    }

    private @Nullable Process launchWhenDue() throws InterruptedException {
        Process launched = null;
        lock.lock();
        try {
            while (true) {
                long wait = notBeforeNanos - System.nanoTime();
                if (wanted && wait <= 0) {
                    break;
                }
                if (wanted) {
                    changed.awaitNanos(wait);
                } else {
                    changed.await();
                }
            }
            try {
                launched = launch();
                process = launched;
                identity = ProcessIdentity.of(launched.pid()).orElse(null);
                startedAt = Instant.now();
                state = State.STARTING;
                note = "";
                say("started, pid " + launched.pid());
            } catch (IOException e) {
                say(e.getMessage());
            }
        } finally {
            lock.unlock();
        }
        onStart.accept(this);
        return launched;
    }

    /** Returns the number of failures in a row that counts from now on. */
    private int afterEnd(String end, int failures) {
        lock.lock();
        try {
            process = null;
            identity = null;
            startedAt = null;
            state = State.DOWN;
            changed.signalAll();
            if (!wanted) {
                note = "stopped";
                say(end + ", as it was told");
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
            notBeforeNanos = Math.max(System.nanoTime() + delay.toNanos(), heldUntilNanos);
            note = end + (failures == 0 ? "" : " before it was ready") + "; starts again after " + delay.toMillis()
                    + " ms";
            say(note);
            return failures;
        } finally {
            lock.unlock();
        }
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
            if (part.kind() == Kind.DATABASE ? databaseReady(running) : serviceReady()) {
                lock.lock();
                try {
                    state = State.UP;
                    say("ready");
                    return true;
                } finally {
                    lock.unlock();
                }
            }
        }
        return false;
    }

    private boolean serviceReady() {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(part.ready()).toURL().openConnection();
            connection.setConnectTimeout(PROBE_TIMEOUT_MILLIS);
            connection.setReadTimeout(PROBE_TIMEOUT_MILLIS);
            try {
                return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
            } finally {
                connection.disconnect();
            }
        } catch (IOException notYet) {
            return false;
        }
    }

    /** The postmaster writes its number into the first line and its status into the eighth, see miscadmin.h and pg_ctl.c. */
    private boolean databaseReady(Process running) {
        try {
            List<String> lines = Files.readAllLines(Path.of(part.ready(), "postmaster.pid"));
            return lines.size() >= 8
                    && lines.get(0).strip().equals(Long.toString(running.pid()))
                    && lines.get(7).strip().equals("ready");
        } catch (IOException notYet) {
            return false;
        }
    }

    private void say(@Nullable String what) {
        Supervisor.say(part.name() + " " + what);
    }
}
