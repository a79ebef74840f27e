package store.payment;

import com.fasterxml.uuid.Generators;
import java.time.Duration;
import java.time.Instant;

/** Order ids for tests. */
public final class Orders {

    private Orders() {}

    public static OrderId order() {
        return new OrderId(Generators.timeBasedEpochGenerator().generate());
    }

    public static OrderId orderOfAge(Duration age) {
        return new OrderId(Generators.timeBasedEpochGenerator()
                .construct(Instant.now().minus(age).toEpochMilli()));
    }
}
