package store.inventory;

/**
 * Pieces of each product: available, held for orders, sold. Each verb is one conditional update that moves pieces from one of them to
 * another; callers go through an order's lines in SKU order, so that two orders never wait for each other in a circle.
 */
public interface Stock {

    /** Available to held. False, and nothing moved, if fewer are available. */
    boolean take(String sku, int quantity);

    /** Held to sold. */
    void sell(String sku, int quantity);

    /** Held to available. */
    void giveBack(String sku, int quantity);
}
