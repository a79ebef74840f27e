package store.order;

/** The acquirer's token for a card. It can move money, so it never shows in a log. */
public record CardToken(String value) {

    @Override
    public String toString() {
        return "CardToken[hidden]";
    }
}
