package store.payment;

import java.util.regex.Pattern;

/**
 * The acquirer's token for the customer's card. It is a secret: its text form hides it, so no log line or message shows
 * it.
 *
 * @param value 1 to 255 visible ASCII characters
 */
public record CardToken(String value) {

    private static final Pattern SHAPE = Pattern.compile("[\\x21-\\x7e]{1,255}");

    public CardToken {
        if (!SHAPE.matcher(value).matches()) {
            throw new IllegalArgumentException("a card token is 1 to 255 visible ASCII characters");
        }
    }

    @Override
    public String toString() {
        return "CardToken[hidden]";
    }
}
