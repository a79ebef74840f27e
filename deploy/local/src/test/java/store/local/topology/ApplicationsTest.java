package store.local.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.supervision.Plan;

class ApplicationsTest {

    @TempDir
    private Path folder = Path.of("");

    private Applications applications = new Applications(Path.of(""), Path.of(""));

    @BeforeEach
    void create() throws IOException {
        applications = new Applications(Files.createDirectory(folder.resolve("kept")), Path.of("/jdk/bin/java"));
    }

    @Test
    void runsACopyThatABuildDoesNotReplace() throws IOException {
        Path jar = jar("one", 1);
        List<String> command = applications.plainCommand(jar, List.of("-Xmx32m"));
        Files.delete(jar);

        assertThat(command).startsWith("/jdk/bin/java", "-Xmx32m", "-jar");
        assertThat(Path.of(command.getLast())).exists();
    }

    @Test
    void identifiesAJarByItsContentNotByItsDates() throws IOException {
        List<String> first = applications.plainCommand(jar("one", 1), List.of());
        List<String> rebuilt = applications.plainCommand(jar("one", 2), List.of());
        List<String> changed = applications.plainCommand(jar("two", 2), List.of());

        assertThat(rebuilt).isEqualTo(first);
        assertThat(changed).isNotEqualTo(first);
    }

    @Test
    void deletesAnApplicationThatNoPlanUses() throws IOException {
        List<String> used = applications.plainCommand(jar("one", 1), List.of());
        List<String> unused = applications.plainCommand(jar("two", 1), List.of());

        applications.dropAllBut(
                List.of(new Plan("test", "services", "", 1, "", true, Duration.ofSeconds(1), used, List.of())));

        assertThat(Path.of(used.getLast())).exists();
        assertThat(Path.of(unused.getLast())).doesNotExist();
    }

    private Path jar(String content, long day) throws IOException {
        Path jar = folder.resolve("application.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            ZipEntry entry = new ZipEntry("content");
            entry.setLastModifiedTime(
                    FileTime.fromMillis(Duration.ofDays(365 * 20 + day).toMillis()));
            zip.putNextEntry(entry);
            zip.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return jar;
    }
}
