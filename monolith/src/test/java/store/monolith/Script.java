package store.monolith;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A seeded sequence of customers' requests, valid and invalid. No request depends on an answer. */
final class Script {

    static final int GUESTS = 5;

    private static final String FRAUD = "tok_fraud_later";

    /** A chargeback is booked a minute later. The last customers are honest, so that the test need not wait for one. */
    private static final int FRAUDS = 10;

    /** Shares in a thousand; the last three are ambiguous at first. */
    private static final List<Share> CARDS = List.of(
            new Share(890, "tok_visa"),
            new Share(30, "tok_declined"),
            new Share(20, "tok_insufficient_funds"),
            new Share(10, "tok_unheard_of"),
            new Share(30, FRAUD),
            new Share(8, "tok_slow"),
            new Share(6, "tok_silent"),
            new Share(6, "tok_unavailable"));

    /** A product with less stock than any order of it asks for. */
    static final String SCARCE = "sku-050";

    private static final List<String> MALFORMED = List.of(
            "",
            "{",
            "[]",
            "{\"lines\":[],\"payment\":{\"token\":\"tok_visa\"},\"expectedTotal\":{\"amount\":1,\"currency\":\"EUR\"}}",
            "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":0}],\"payment\":{\"token\":\"\"},\"expectedTotal\":null}",
            "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":1.5}],\"payment\":{},\"expectedTotal\":{\"amount\":\"1\"}}",
            "{\"lines\":[{\"sku\":\"sku-001\",\"quantity\":101}],\"payment\":{\"token\":\"tok_visa\"},\"unknown\":1}");

    private final Random random;
    private final Map<String, Long> prices;
    private final List<Request> placed = new ArrayList<>();
    private int chargebacks;

    /** @param prices of the products, by SKU */
    Script(Random random, Map<String, Long> prices) {
        this.random = random;
        this.prices = prices;
    }

    /**
     * @param path may contain {@code {n}} for the id of the n-th order, and {@code {next}} for the last page's cursor
     * @param guest the customer's number; null for a request without a token
     * @param places whether the request places a new order
     */
    record Request(
            String method,
            String path,
            @Nullable Integer guest,
            @Nullable String key,
            @Nullable String body,
            boolean places) {

        static Request get(String path, @Nullable Integer guest) {
            return new Request("GET", path, guest, null, null, false);
        }

        Request again() {
            return new Request(method, path, guest, key, body, false);
        }
    }

    private record Share(int permille, String card) {}

    /** The next requests of one customer, to be sent one after the other. */
    List<Request> next() {
        var kind = placed.isEmpty() ? 0 : random.nextInt(100);
        if (kind < 50) {
            return List.of(place(card()));
        } else if (kind < 51) {
            return placeAndCancel();
        } else if (kind < 62) {
            return List.of(anyPlaced().again());
        } else if (kind < 66) {
            var other = anyPlaced();
            return List.of(new Request("POST", other.path(), other.guest(), other.key(), order("tok_visa"), false));
        } else if (kind < 74) {
            return List.of(Request.get("/api/orders/" + anyOrder(), anyGuest())); // often another customer's order
        } else if (kind < 80) {
            var guest = anyGuest();
            return List.of(
                    Request.get("/api/orders?limit=" + random.nextInt(102), guest), // 0 and 101 are refused
                    Request.get("/api/orders?limit=3&after={next}", guest));
        } else if (kind < 86) {
            return List.of(new Request("POST", "/api/orders/" + anyOrder() + "/cancel", anyGuest(), null, null, false));
        } else if (kind < 87) {
            return List.of(Request.get("/api/products", null));
        } else if (kind < 89) {
            return List.of(Request.get("/api/products/" + sku(), null));
        } else if (kind < 98) {
            var body = MALFORMED.get(random.nextInt(MALFORMED.size()));
            return List.of(new Request("POST", "/api/orders", anyGuest(), "bad-" + random.nextInt(3), body, false));
        }
        return List.of(new Request("POST", "/api/orders", null, "nobody", order("tok_visa"), false));
    }

    /** How many chargebacks the acquirer's statement will have. */
    int chargebacks() {
        return chargebacks;
    }

    private Request place(String card) {
        var body = card.equals(FRAUD) ? surely(card) : order(card);
        chargebacks += card.equals(FRAUD) ? 1 : 0;
        var request = new Request("POST", "/api/orders", anyGuest(), "key-" + placed.size(), body, true);
        placed.add(request);
        return request;
    }

    private List<Request> placeAndCancel() {
        var body = surely(random.nextBoolean() ? "tok_silent" : "tok_unavailable");
        var request = new Request("POST", "/api/orders", anyGuest(), "key-" + placed.size(), body, true);
        var cancel =
                new Request("POST", "/api/orders/{" + placed.size() + "}/cancel", request.guest(), null, null, false);
        placed.add(request);
        return List.of(request, cancel);
    }

    /** An order whose outcome depends only on the card. */
    private String surely(String card) {
        return body("{\"sku\":\"sku-001\",\"quantity\":1}", card, Objects.requireNonNull(prices.get("sku-001")), "EUR");
    }

    private String order(String card) {
        List<String> lines = new ArrayList<>();
        var total = 0L;
        for (var line = random.nextInt(4); line >= 0; line--) {
            var sku = sku();
            var quantity = sku.equals(SCARCE) ? 100 : 1 + random.nextInt(3);
            lines.add("{\"sku\":\"%s\",\"quantity\":%d}".formatted(sku, quantity));
            total += quantity * prices.getOrDefault(sku, 0L);
        }
        var chance = random.nextInt(100);
        return body(
                lines.stream().collect(Collectors.joining(",")),
                card,
                chance < 3 ? total + 1 : Math.max(total, 1),
                chance == 99 ? "USD" : "EUR");
    }

    private static String body(String lines, String card, long total, String currency) {
        return "{\"lines\":[%s],\"payment\":{\"token\":\"%s\"},\"expectedTotal\":{\"amount\":%d,\"currency\":\"%s\"}}"
                .formatted(lines, card, total, currency);
    }

    /** A random SKU; the last one is not in the catalogue. */
    private String sku() {
        return "sku-%03d".formatted(1 + random.nextInt(51));
    }

    private String card() {
        var left = random.nextInt(1000);
        for (var share : CARDS) {
            left -= share.permille();
            if (left < 0) {
                return share.card().equals(FRAUD) && chargebacks == FRAUDS ? "tok_visa" : share.card();
            }
        }
        throw new IllegalStateException("the shares do not add up to a thousand");
    }

    private Request anyPlaced() {
        return placed.get(random.nextInt(placed.size()));
    }

    private String anyOrder() {
        return "{" + random.nextInt(placed.size()) + "}";
    }

    private int anyGuest() {
        return random.nextInt(GUESTS);
    }
}
