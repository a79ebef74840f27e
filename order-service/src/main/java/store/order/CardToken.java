package store.order;

import java.util.regex.Pattern;

/**
 * The acquirer's token for a card. It can move money, so it never appears in a log.
 *
 * @param value 1 to 100 visible ASCII characters
 */
public record CardToken(String value) {

    private static final Pattern FORM = Pattern.compile("[!-~]{1,100}");

    public CardToken {
        if (!isToken(value)) {
            throw new IllegalArgumentException("a card token has 1 to 100 visible ASCII characters");
        }
    }

    public static boolean isToken(String text) {
        return FORM.matcher(text).matches();
    }

    @Override
    public String toString() {
        return "CardToken[hidden]";
    }
}
