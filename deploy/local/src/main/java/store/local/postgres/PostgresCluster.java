package store.local.postgres;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.io.FileUtils;
import store.local.supervision.ShortCommand;

/**
 * The data of one PostgreSQL server, and how to run the server. It has one database, and a role of the same name owns
 * it. Only this role and the {@link #AUDITOR} can log in.
 */
public record PostgresCluster(PostgresBinaries binaries, Path data) {

    /** The first three make commits survive a crash. Most of the others keep an idle server small. */
    static final Map<String, String> SETTINGS = Map.ofEntries(
            Map.entry("fsync", "on"),
            Map.entry("synchronous_commit", "on"),
            Map.entry("full_page_writes", "on"),
            Map.entry("listen_addresses", "127.0.0.1"),
            // The path of a socket is limited to about 100 bytes, and a clone may be in a deep folder.
            Map.entry("unix_socket_directories", ""),
            // Up to four pools of 10, or the monolith's of 30, then schedulers, a migration, and guests such as the
            // auditor.
            Map.entry("max_connections", "60"),
            Map.entry("max_wal_size", "256MB"),
            Map.entry("wal_level", "minimal"),
            Map.entry("max_wal_senders", "0"),
            Map.entry("io_method", "sync"), // no I/O worker processes
            Map.entry("max_worker_processes", "1"),
            Map.entry("max_parallel_workers", "0"),
            Map.entry("max_logical_replication_workers", "0"),
            Map.entry("jit", "off"),
            Map.entry("log_timezone", "UTC"),
            Map.entry("log_checkpoints", "off"));

    /** A role of every database that can read everything and write nothing. */
    public static final String AUDITOR = "auditor";

    private static final Duration PROGRAM_BOUND = Duration.ofMinutes(1);

    /**
     * Makes the data, as a whole or not at all, unless it exists.
     *
     * @param name the name of the database and of the role that owns it; a plain identifier
     * @param password the role's; letters and digits
     * @param auditorPassword the {@link #AUDITOR}'s; letters and digits
     * @throws IOException also if another major version made the data
     */
    public void create(String name, String password, String auditorPassword) throws IOException {
        Path version = data.resolve("PG_VERSION");
        Path unfinished = data.resolveSibling(data.getFileName() + ".new");
        if (Files.exists(version)) {
            requireOwnMajor(Files.readString(version).strip());
            return;
        }
        FileUtils.deleteDirectory(unfinished.toFile());
        Files.createDirectories(data.getParent());
        run(
                "initdb",
                List.of(
                        "--pgdata=" + unfinished,
                        "--username=postgres",
                        "--auth=reject",
                        "--encoding=UTF8",
                        "--locale=C",
                        "--locale-provider=builtin",
                        "--builtin-locale=C.UTF-8"),
                "");
        Files.writeString(
                unfinished.resolve("pg_hba.conf"),
                "host " + name + " " + name + "," + AUDITOR + " 127.0.0.1/32 scram-sha-256\n");
        // With -j a statement ends at a semicolon and an empty line.
        run(
                "postgres",
                List.of("--single", "-j", "-D", unfinished.toString(), "-c", "exit_on_error=on", "postgres"),
                "CREATE ROLE " + name + " LOGIN PASSWORD '" + password + "';\n\n" + "CREATE DATABASE " + name
                        + " OWNER " + name + ";\n\n"
                        + "CREATE ROLE " + AUDITOR + " LOGIN CONNECTION LIMIT 5 PASSWORD '" + auditorPassword
                        + "' IN ROLE pg_read_all_data;\n\n"
                        + "ALTER ROLE " + AUDITOR + " SET default_transaction_read_only = on;\n\n");
        Files.move(unfinished, data);
    }

    /**
     * The command that runs the server in the foreground.
     *
     * @param bufferMegabytes memory for pages
     */
    public List<String> serverCommand(int port, int bufferMegabytes) {
        List<String> arguments = new ArrayList<>(List.of("-D", data.toString(), "-p", Integer.toString(port)));
        new TreeMap<>(SETTINGS).forEach((setting, value) -> arguments.addAll(List.of("-c", setting + "=" + value)));
        arguments.addAll(List.of("-c", "shared_buffers=" + bufferMegabytes + "MB"));
        return binaries.command("postgres", arguments);
    }

    /**
     * Allows a start after a crash or a reboot. PostgreSQL takes any living process with the number in
     * {@code postmaster.pid} for a server; after a reboot the number may belong to any program, and then this deletes
     * the file. If the number is free or belongs to a server, the file stays: PostgreSQL finds out by it whether
     * children of a killed server still use the data.
     */
    public void forgetForeignPid() throws IOException {
        Path file = data.resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return;
        }
        List<String> lines = Files.readAllLines(file);
        Optional<String> program = lines.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                        .flatMap(process -> process.info().command());
        if (program.isPresent() && !program.get().endsWith("/postgres")) {
            Files.delete(file);
        }
    }

    private void requireOwnMajor(String found) throws IOException {
        Path catalogue = binaries.home().resolve("share/postgresql/postgres.bki");
        String own;
        try (BufferedReader lines = Files.newBufferedReader(catalogue)) {
            own = Objects.requireNonNull(lines.readLine()).replace("# PostgreSQL ", "");
        }
        if (!found.equals(own)) {
            throw new IOException("the data in " + data + " was made by PostgreSQL " + found + ", this is " + own
                    + ": start with --fresh to delete it");
        }
    }

    private void run(String program, List<String> arguments, String input) throws IOException {
        Path log = data.resolveSibling(data.getFileName() + "." + program + ".log");
        ShortCommand.run(binaries.command(program, arguments), Map.of(), input, log, PROGRAM_BOUND);
        Files.delete(log);
    }
}
