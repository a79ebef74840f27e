package store.inventory;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** The products on offer. */
public interface Catalogue {

    /** All products, by SKU. */
    List<Product> all();

    Optional<Product> find(String sku);

    /** Those of the products that exist. */
    List<Product> find(Collection<String> skus);
}
