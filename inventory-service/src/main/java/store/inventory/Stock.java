package store.inventory;

/**
 * Pieces of each product: available, held for orders, sold. Each method is one conditional update that moves pieces
 * from one of these to another. Callers go through an order's lines in SKU order, so that two orders never deadlock.
 */
public interface Stock {

    /** Moves pieces from available to held. Returns false, and moves nothing, if fewer are available. */
    boolean take(String sku, int quantity);

    /** Moves pieces from held to sold. */
    void sell(String sku, int quantity);

    /** Moves pieces from held to available. */
    void giveBack(String sku, int quantity);
}
