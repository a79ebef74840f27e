package store.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TargetsTest {

    @ParameterizedTest
    @CsvSource({
        "order-service, order-service, true",
        "order-service, order-service-2, true",
        "order-service-2, order-service-2, true",
        "order-service-1, order-service, false",
        "order-service-1, order-service-12, false",
        "order-service, order-db, false",
        "order-service, gateway:order-service-1, false",
        "gateway:order-service, gateway:order-service-1, true",
        "order-service:payment-service, order-service-1:payment-service-2, true",
        "order-service:payment-service-1, order-service-2:payment-service-1, true",
        "order-service:payment-service-1, order-service-2:payment-service-2, false",
        "order-service-1:payment-service, order-service-2:payment-service-1, false"
    })
    void aBareNameMeansAllInstances(String target, String name, boolean meant) {
        assertThat(Targets.means(target, name)).isEqualTo(meant);
    }
}
