package store.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule fails on a fixture that breaks them all, because a rule that cannot fail protects nothing. */
class ServiceRulesTest {

    private static final String BROKEN = "store.testing.fixture.broken";

    static Iterable<ArchRule> rules() {
        return ServiceRules.rules(BROKEN);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void catchesTheFixtureThatBreaksIt(ArchRule rule) {
        var result = rule.evaluate(new ClassFileImporter().importPackages(BROKEN));
        assertThat(result.hasViolation()).as(rule.getDescription()).isTrue();
    }
}
