package store.testing;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/**
 * The shape of a service: a domain that knows none of its adapters, adapters that do not know each other and show one
 * class each, and one package that composes them.
 */
public final class ServiceRules {

    private static final Set<String> MACHINE_CLOCK = Set.of(
            "System.currentTimeMillis",
            "Instant.now",
            "LocalDateTime.now",
            "OffsetDateTime.now",
            "ZonedDateTime.now",
            "Clock.systemUTC",
            "Clock.systemDefaultZone",
            "InstantSource.system");

    private ServiceRules() {}

    /** Checks the production classes below {@code root}, such as {@code store.order}. Throws if one breaks a rule. */
    public static void check(String root) {
        var classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages(root);
        rules(root).forEach(rule -> rule.check(classes));
    }

    static List<ArchRule> rules(String root) {
        var rules = new ArrayList<ArchRule>();
        rules.add(noClasses()
                .that(resideInAPackage(root))
                .should()
                .dependOnClassesThat(resideInAPackage(root + ".(**)").and(notIn(root)))
                .as("the domain depends on none of its adapters"));
        rules.add(SlicesRuleDefinition.slices()
                .matching(root + ".(*)")
                .should()
                .notDependOnEachOther()
                .ignoreDependency(resideInAPackage(root + ".boot"), DescribedPredicate.alwaysTrue())
                .as("adapters do not depend on each other; only boot knows them all"));
        rules.add(classes()
                .that(resideInAPackage(root + ".*").and(notIn(root, root + ".boot")))
                .and()
                .areTopLevelClasses()
                .and()
                .haveSimpleNameNotEndingWith("package-info")
                .and()
                .haveModifier(JavaModifier.PUBLIC)
                .should()
                .beAnnotatedWith("org.springframework.context.annotation.Configuration")
                .as("the only public class of an adapter is its configuration"));
        rules.add(noClasses()
                .that(resideInAPackage(root))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "java.net.http..",
                        "java.sql..",
                        "javax.sql..",
                        "jakarta.servlet..",
                        "org.springframework.jdbc..",
                        "org.springframework.web..",
                        "org.springframework.boot..",
                        "org.springframework.context.."))
                .as("the domain depends on neither HTTP nor SQL nor the container"));
        rules.add(noClasses()
                .that(resideInAPackage(root + ".."))
                .should()
                .dependOnClassesThat(resideInAPackage("store..").and(notBelow(root, "store.resilience")))
                .as("a service knows no other service, only its contracts"));
        rules.add(noClasses()
                .that(resideInAPackage(root + ".."))
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "it reads the machine's clock",
                        call -> MACHINE_CLOCK.contains(call.getTargetOwner().getSimpleName() + "." + call.getName())))
                .as("no class reads the machine's clock: two instances' clocks may be minutes apart"));
        rules.add(classes().that(resideInAPackage(root + "..")).should(beNullMarked()));
        return rules;
    }

    private static DescribedPredicate<JavaClass> notIn(String... packages) {
        return DescribedPredicate.not(resideInAnyPackage(packages));
    }

    private static DescribedPredicate<JavaClass> notBelow(String... packages) {
        return DescribedPredicate.not(resideInAnyPackage(
                Arrays.stream(packages).map(name -> name + "..").toArray(String[]::new)));
    }

    private static ArchCondition<JavaClass> beNullMarked() {
        return new ArchCondition<>("be in a null-marked package") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                JavaPackage home = type.getPackage();
                var marked = home.tryGetAnnotationOfType(NullMarked.class).isPresent();
                events.add(new SimpleConditionEvent(type, marked, type.getName() + " is in " + home.getName()));
            }
        };
    }
}
