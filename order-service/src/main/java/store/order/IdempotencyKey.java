package store.order;

/**
 * The client's name for one checkout. A repeat under the same key never places a second order, however much later it
 * comes.
 *
 * <p>After the IETF draft "The Idempotency-Key HTTP Header Field" (a draft, not a standard) and Stripe's practice.
 *
 * @param value 1 to 255 visible ASCII characters
 */
public record IdempotencyKey(String value) {

    public static final int MAX_LENGTH = 255;

    public IdempotencyKey {
        if (value.isEmpty() || value.length() > MAX_LENGTH || !value.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("an idempotency key has 1 to 255 visible ASCII characters");
        }
    }
}
