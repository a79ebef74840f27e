package store.inventory.web;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import store.inventory.Catalogue;
import store.inventory.Product;
import store.resilience.spring.Problems;

/** {@code asOf} says when the answer was true. A cache that serves a copy of it sets {@code stale}. */
@RestController
@RequestMapping("/api/products")
class ProductController {

    private final Catalogue catalogue;
    private final InstantSource time;

    ProductController(Catalogue catalogue, InstantSource time) {
        this.catalogue = catalogue;
        this.time = time;
    }

    @GetMapping
    ProductsResponse products() {
        return new ProductsResponse(catalogue.all(), now(), false);
    }

    @GetMapping("/{sku}")
    ProductResponse product(@PathVariable String sku) {
        return catalogue
                .find(sku)
                .map(product -> new ProductResponse(product, now(), false))
                .orElseThrow(() -> Problems.of(HttpStatus.NOT_FOUND, "not-found", "There is no such product."));
    }

    private Instant now() {
        return time.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    record ProductsResponse(List<Product> products, Instant asOf, boolean stale) {}

    record ProductResponse(@JsonUnwrapped Product product, Instant asOf, boolean stale) {}
}
