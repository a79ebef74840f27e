package store.proof.crash;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import store.inventory.boot.InventoryModule;
import store.order.boot.OrderModule;
import store.payment.boot.PaymentModule;

/** The modules' ports: the interfaces in their root packages that are not sealed. Sealed ones are outcomes. */
final class Ports {

    private static final List<Class<?>> MODULES =
            List.of(OrderModule.class, InventoryModule.class, PaymentModule.class);

    /**
     * Methods that are not steps of an order: a constant, two that metrics read, and one that only an orderly stop
     * calls.
     */
    private static final Set<String> NO_STEPS = Set.of(
            "payment Acquirer.name",
            "payment Payments.handBack",
            "payment Payments.unreconciled",
            "payment Payments.writesRefused");

    private Ports() {}

    /** The names of all steps: the ports' methods. */
    static Set<String> steps() throws IOException {
        var steps = new TreeSet<String>();
        for (var module : MODULES) {
            var root = module.getPackageName().replace(".boot", "");
            var files = new PathMatchingResourcePatternResolver()
                    .getResources("classpath*:" + root.replace('.', '/') + "/*.class");
            for (var file : files) {
                var name = String.valueOf(file.getFilename()).replace(".class", "");
                var type = load(root + "." + name);
                // Tests have interfaces in the same packages, but from another code source.
                if (isPort(type)
                        && type.getProtectionDomain()
                                .getCodeSource()
                                .equals(module.getProtectionDomain().getCodeSource())) {
                    Stream.of(type.getDeclaredMethods())
                            .filter(method -> Modifier.isAbstract(method.getModifiers()))
                            .map(Ports::step)
                            .filter(step -> !NO_STEPS.contains(step))
                            .forEach(steps::add);
                }
            }
        }
        return steps;
    }

    /** The ports that an adapter implements. */
    static List<Class<?>> of(Object adapter) {
        return Arrays.stream(adapter.getClass().getInterfaces())
                .filter(Ports::isPort)
                .toList();
    }

    /** The step of the method; empty if it is not a step. */
    static Optional<String> stepOf(Method method) {
        return Optional.of(method)
                .filter(called -> isPort(called.getDeclaringClass()))
                .map(Ports::step)
                .filter(step -> !NO_STEPS.contains(step));
    }

    private static boolean isPort(Class<?> type) {
        return type.isInterface()
                && !type.isSealed()
                && MODULES.stream().anyMatch(module -> module.getPackageName().equals(type.getPackageName() + ".boot"));
    }

    private static String step(Method method) {
        var port = method.getDeclaringClass();
        var module = port.getPackageName().substring(port.getPackageName().lastIndexOf('.') + 1);
        var overloaded = Arrays.stream(port.getDeclaredMethods())
                        .filter(other -> other.getName().equals(method.getName()))
                        .count()
                > 1;
        var parameters = Arrays.stream(method.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(", ", "(", ")"));
        return module + " " + port.getSimpleName() + "." + method.getName() + (overloaded ? parameters : "");
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, Ports.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
