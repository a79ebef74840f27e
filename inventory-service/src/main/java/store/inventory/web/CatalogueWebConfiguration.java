package store.inventory.web;

import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.inventory.Catalogue;

/** The public API of the module: the catalogue. */
@Configuration(proxyBeanMethods = false)
public class CatalogueWebConfiguration {

    @Bean
    ProductController productController(Catalogue catalogue, InstantSource time) {
        return new ProductController(catalogue, time);
    }
}
