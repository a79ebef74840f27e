package store.local.supervision;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import store.local.supervision.Plan.Kind;

/** Asks a part whether it is ready. */
final class Probe {

    private static final int TIMEOUT_MILLIS = 1000;

    private Probe() {}

    /** @param pid the part's process */
    static boolean isReady(Plan.Part part, long pid) {
        try {
            return part.kind() == Kind.DATABASE ? isDatabaseReady(part, pid) : isServiceReady(part);
        } catch (IOException notYet) {
            return false;
        }
    }

    private static boolean isServiceReady(Plan.Part part) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(part.ready()).toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try {
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } finally {
            connection.disconnect();
        }
    }

    /**
     * PostgreSQL writes its process's number into the first line and its status into the last (miscadmin.h, pg_ctl.c).
     */
    private static boolean isDatabaseReady(Plan.Part part, long pid) throws IOException {
        String file = Files.readString(Path.of(part.ready(), "postmaster.pid"));
        return file.startsWith(pid + "\n") && file.strip().endsWith("\nready");
    }
}
