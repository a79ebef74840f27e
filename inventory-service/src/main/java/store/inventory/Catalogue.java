package store.inventory;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The products on offer. */
public interface Catalogue {

    /** All products, sorted by SKU. */
    List<Product> all();

    Optional<Product> find(String sku);

    /** The products with these SKUs, without those that do not exist. */
    List<Product> find(Collection<String> skus);
}
