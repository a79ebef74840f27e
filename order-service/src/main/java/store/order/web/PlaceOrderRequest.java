package store.order.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import store.order.CardToken;
import store.order.Money;
import store.order.OrderLine;
import store.resilience.spring.Problems;
import store.resilience.spring.Problems.FieldError;

/**
 * The body of a checkout as it arrives; anything may be missing. {@link #checked} returns it complete, or throws all
 * its errors.
 */
record PlaceOrderRequest(
        @Nullable List<@Nullable Line> lines,
        @Nullable Payment payment,
        @Nullable Total expectedTotal) {

    private static final int MAX_LINES = 50;
    private static final int MAX_QUANTITY = 100;
    private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");

    record Line(@Nullable String sku, @Nullable Integer quantity) {}

    /** Its token appears in no log, not even in the framework's own log of bodies. */
    record Payment(@Nullable String token) {
        @Override
        public String toString() {
            return "Payment[token=***]";
        }
    }

    record Total(@Nullable Long amount, @Nullable String currency) {}

    /** The same, complete and within the limits: equal SKUs summed, 1 to 50 lines of 1 to 100 pieces. */
    record Checked(List<OrderLine> lines, CardToken card, Money expectedTotal) {}

    Checked checked() {
        var errors = new ArrayList<FieldError>();
        var quantities = checkedLines(errors);
        var token = payment == null ? null : payment.token();
        if (token == null || !CardToken.isToken(token)) {
            errors.add(new FieldError("payment.token", "must have 1 to 100 visible ASCII characters"));
        }
        var amount = expectedTotal == null ? null : expectedTotal.amount();
        var currency = expectedTotal == null ? null : expectedTotal.currency();
        if (amount == null || amount < 0) {
            errors.add(new FieldError("expectedTotal.amount", "must be an amount in minor units, at least 0"));
        }
        if (currency == null || !CURRENCY.matcher(currency).matches()) {
            errors.add(new FieldError("expectedTotal.currency", "must be an ISO 4217 code such as EUR"));
        }
        if (!errors.isEmpty() || token == null || amount == null || currency == null) {
            throw Problems.invalidRequest(errors);
        }
        var summed = quantities.entrySet().stream()
                .map(line -> OrderLine.of(line.getKey(), line.getValue().intValue()))
                .toList();
        return new Checked(summed, new CardToken(token), new Money(amount, currency));
    }

    private Map<String, Long> checkedLines(List<FieldError> errors) {
        var quantities = new LinkedHashMap<String, Long>();
        if (lines == null || lines.isEmpty()) {
            errors.add(new FieldError("lines", "must have 1 to " + MAX_LINES + " products"));
            return quantities;
        }
        for (var i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            var at = "lines[" + i + "]";
            if (line == null || line.sku() == null || !OrderLine.isSku(line.sku())) {
                errors.add(new FieldError(at + ".sku", "must have 1 to " + OrderLine.MAX_SKU_LENGTH + " characters"));
            } else if (line.quantity() == null || line.quantity() < 1) {
                errors.add(new FieldError(at + ".quantity", "must be 1 to " + MAX_QUANTITY));
            } else if (quantities.merge(line.sku(), line.quantity().longValue(), Long::sum) > MAX_QUANTITY) {
                errors.add(new FieldError(at + ".quantity", "must be 1 to " + MAX_QUANTITY + " for each product"));
            }
        }
        if (quantities.size() > MAX_LINES) {
            errors.add(new FieldError("lines", "must have 1 to " + MAX_LINES + " products"));
        }
        return quantities;
    }
}
