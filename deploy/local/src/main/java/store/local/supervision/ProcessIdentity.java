package store.local.supervision;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Identifies a process, and no later process that has the same number, even after a reboot.
 *
 * @param started on Linux the boot's id and the clock ticks from the boot to the start (see proc(5)), which no change
 *     of the clock affects; elsewhere the time of the start
 */
public record ProcessIdentity(long pid, String started) {

    private static final Path PROC = Path.of("/proc");
    private static final boolean LINUX = Files.isReadable(PROC.resolve("self/stat"));

    /** The process that has this number now; empty if there is none, or a zombie. */
    public static Optional<ProcessIdentity> of(long pid) {
        if (!LINUX) {
            return ProcessHandle.of(pid)
                    .flatMap(process -> process.info().startInstant())
                    .map(start -> new ProcessIdentity(pid, start.toString()));
        }
        return stat(pid)
                .filter(stat -> !"ZX".contains(stat[0]))
                .map(stat -> new ProcessIdentity(pid, boot() + "/" + stat[19]));
    }

    public boolean alive() {
        return of(pid).filter(this::equals).isPresent();
    }

    /** The process, if it is still alive. */
    public Optional<ProcessHandle> process() {
        return alive() ? ProcessHandle.of(pid) : Optional.empty();
    }

    /** Whether a signal has stopped the process. */
    public boolean paused() {
        return alive() && (LINUX ? stat(pid).map(stat -> stat[0]).orElse("") : ps()).startsWith("T");
    }

    /** The fields of /proc/PID/stat from the third on, which is the state; the second field may contain spaces. */
    private static Optional<String[]> stat(long pid) {
        try {
            String line = Files.readString(PROC.resolve(pid + "/stat"));
            return Optional.of(line.substring(line.lastIndexOf(')') + 2).split(" "));
        } catch (IOException ended) {
            return Optional.empty();
        }
    }

    private static String boot() {
        try {
            return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
        } catch (IOException hidden) {
            return "?"; // some sandboxes hide it; then only the ticks tell processes apart
        }
    }

    private String ps() {
        try {
            Process ps = new ProcessBuilder("ps", "-o", "state=", "-p", Long.toString(pid)).start();
            String state = new String(ps.getInputStream().readAllBytes()).strip();
            return ps.waitFor(1, TimeUnit.SECONDS) ? state : "";
        } catch (IOException unknown) {
            return "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "";
        }
    }
}
