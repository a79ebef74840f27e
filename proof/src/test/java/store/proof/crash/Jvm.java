package store.proof.crash;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The command that starts a child: with this JVM's class path, and quickly. */
final class Jvm {

    private final String classPath;
    private @Nullable Path cache;

    /** @param folder for jars of the class path's folders: the JDK caches classes from jars only */
    Jvm(Path folder) {
        classPath = Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .map(Path::of)
                .filter(Files::exists)
                .map(entry -> Files.isDirectory(entry) ? jar(entry, folder) : entry)
                .map(Path::toString)
                .collect(Collectors.joining(System.getProperty("path.separator")));
    }

    List<String> command(String argument) {
        var command = command(cache == null ? List.of() : List.of("-XX:AOTCache=" + cache));
        command.add(argument);
        return command;
    }

    /** A child that caches its classes for later children (JEP 514), which takes some seconds at its end. */
    List<String> trainingCommand(String argument, Path newCache) {
        var command = command(List.of("-XX:AOTCacheOutput=" + newCache));
        command.add(argument);
        cache = newCache;
        return command;
    }

    private List<String> command(List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx96m"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, Child.class.getName()));
        return command;
    }

    private static Path jar(Path classes, Path folder) {
        try (var files = Files.walk(classes)) {
            var jar = Files.createTempFile(folder, "classes", ".jar");
            try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
                // Folders too, because migrations are found by their folder.
                for (var file : files.filter(file -> !file.equals(classes)).toList()) {
                    var folderOrNot = Files.isDirectory(file) ? "/" : "";
                    out.putNextEntry(
                            new JarEntry(classes.relativize(file).toString().replace('\\', '/') + folderOrNot));
                    if (folderOrNot.isEmpty()) {
                        Files.copy(file, out);
                    }
                }
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
