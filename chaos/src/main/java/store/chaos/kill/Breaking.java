package store.chaos.kill;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import store.chaos.fault.Amount;
import store.chaos.fault.Links;
import store.chaos.fault.Parts;
import store.chaos.fault.PlantedFault;
import store.chaos.kill.Schedule.Planned;

/** Carries out one planned fault after another, and watches each take effect and end. */
final class Breaking {

    /** Half of the time that a whole store may take to start. */
    private static final Duration BACK_BOUND = Duration.ofSeconds(60);

    /** A link's fault lasts longer than planned until a call meets it: the callers may still be recovering from the last fault. */
    private static final Duration FIRES_BOUND = Duration.ofSeconds(15);

    /** We end a link's fault after we have read its effect. If we die, the proxy ends it after this long. */
    private static final Duration LINK_MARGIN = FIRES_BOUND.plusSeconds(10);

    /** None of the kinds used here takes an amount. */
    private static final Amount NO_AMOUNT = new Amount("0");

    private final Parts parts;
    private final Optional<Links> links;
    private final Instant began;

    Breaking(Parts parts, Optional<Links> links, Instant began) {
        this.parts = parts;
        this.links = links;
        this.began = began;
    }

    /**
     * A fault that was carried out.
     *
     * @param atSeconds since the first arrival
     * @param forSeconds as planned; a link's fault may have lasted longer
     * @param fired whether its effect was seen
     * @param backAfterSeconds until the part was up or the link was whole; null if that took more than a minute
     */
    record Broken(
            String kind,
            String target,
            double atSeconds,
            double forSeconds,
            boolean fired,
            @Nullable Double backAfterSeconds) {}

    Broken carryOut(Planned fault) throws IOException, InterruptedException {
        Thread.sleep(fault.healthy());
        if (!fault.target().contains(":")) {
            awaitUp(fault.target()); // if it does not come up, it died by itself, and the report says so
        }
        var at = Instant.now();
        var fired = fault.target().contains(":")
                ? breakLink(fault)
                : parts.inject(fault.kind(), fault.target(), NO_AMOUNT, fault.length());
        var isBack = fault.target().contains(":") || awaitUp(fault.target());
        return new Broken(
                fault.kind().label(),
                fault.target(),
                seconds(Duration.between(began, at)),
                seconds(fault.length()),
                fired,
                isBack ? seconds(Duration.between(at, Instant.now())) : null);
    }

    private boolean breakLink(Planned fault) throws IOException, InterruptedException {
        var proxy = links.orElseThrow();
        proxy.inject(fault.kind(), fault.target(), NO_AMOUNT, fault.length().plus(LINK_MARGIN));
        var deadline = System.nanoTime() + FIRES_BOUND.toNanos();
        Thread.sleep(fault.length());
        var fired = hasFired(proxy, fault.target());
        while (!fired && System.nanoTime() < deadline) {
            Thread.sleep(100);
            fired = hasFired(proxy, fault.target());
        }
        proxy.revert(fault.target(), null);
        return fired;
    }

    private static boolean hasFired(Links proxy, String link) throws IOException, InterruptedException {
        return proxy.planted().stream()
                .filter(PlantedFault::active)
                .anyMatch(active -> active.target().equals(link) && active.fired() > 0);
    }

    private boolean awaitUp(String part) throws IOException, InterruptedException {
        var deadline = System.nanoTime() + BACK_BOUND.toNanos();
        while (System.nanoTime() < deadline) {
            if (parts.state(part).equals("up")) {
                return true;
            }
            Thread.sleep(50);
        }
        return false;
    }

    private static double seconds(Duration length) {
        return Math.round(length.toMillis() / 100.0) / 10.0;
    }
}
