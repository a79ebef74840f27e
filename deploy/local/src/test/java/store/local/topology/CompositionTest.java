package store.local.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import store.local.postgres.PostgresBinaries;
import store.local.postgres.PostgresCluster;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;

class CompositionTest {

    @TempDir
    private Path root = Path.of("");

    private Topology topology = Topology.SERVICES;
    private Map<String, Plan.Part> parts = Map.of();

    @BeforeEach
    void compose() throws IOException {
        parts = compose(Optional.empty(), false);
    }

    @Test
    void givesEveryPartItsNameAndPorts() {
        assertThat(parts)
                .containsOnlyKeys(
                        "order-db",
                        "inventory-db",
                        "payment-db",
                        "acquirer-sandbox",
                        "inventory-service",
                        "payment-service",
                        "order-service",
                        "gateway");
        List<String> addresses = parts.values().stream()
                .flatMap(part -> Stream.of(part.url(), part.managementUrl(), part.jdbcUrl()))
                .filter(Objects::nonNull)
                .map(url -> url.replaceAll("/[a-z]+$", ""))
                .toList();
        assertThat(addresses).hasSize(12).doesNotHaveDuplicates();
        assertThat(part("gateway").url()).isEqualTo("http://127.0.0.1:8080");
    }

    @Test
    void tellsEachServiceWhereItsPeersAre() {
        assertThat(part("gateway").environment())
                .containsEntry("STORE_EDGE_ORDER_ADDRESS", part("order-service").url())
                .containsEntry(
                        "STORE_EDGE_INVENTORY_ADDRESS",
                        part("inventory-service").url());
        assertThat(part("order-service").environment())
                .containsEntry(
                        "STORE_ORDER_INVENTORY_ADDRESS",
                        part("inventory-service").url())
                .containsEntry(
                        "STORE_ORDER_PAYMENT_ADDRESS", part("payment-service").url());
        assertThat(part("payment-service").environment())
                .containsEntry(
                        "STORE_PAYMENT_ACQUIRER_ADDRESS",
                        part("acquirer-sandbox").url());
    }

    @Test
    void tellsADatabasesPasswordOnlyToItsOwner() {
        for (String owner : List.of("order", "inventory", "payment")) {
            Plan.Part database = part(owner + "-db");
            assertThat(part(owner + "-service").environment())
                    .containsEntry("SPRING_DATASOURCE_URL", database.jdbcUrl())
                    .containsEntry("SPRING_DATASOURCE_USERNAME", database.user())
                    .containsEntry("SPRING_DATASOURCE_PASSWORD", database.password());
        }
        assertThat(part("gateway").environment()).doesNotContainKey("SPRING_DATASOURCE_PASSWORD");
        assertThat(part("order-db").password()).isNotEqualTo(part("payment-db").password());
    }

    @Test
    void keepsEveryListenerOnLoopback() {
        for (String service : List.of("gateway", "order-service", "inventory-service", "payment-service")) {
            assertThat(part(service).environment())
                    .containsEntry("SERVER_ADDRESS", "127.0.0.1")
                    .containsEntry("MANAGEMENT_SERVER_ADDRESS", "127.0.0.1");
        }
        assertThat(part("order-db").command()).contains("listen_addresses=127.0.0.1");
    }

    @Test
    void passesTheStockOnlyIfItWasRequested() throws IOException {
        assertThat(part("inventory-service").environment()).doesNotContainKey("STORE_INVENTORY_STOCK");
        parts = compose(Optional.of(7), false);
        assertThat(part("inventory-service").environment()).containsEntry("STORE_INVENTORY_STOCK", "7");
    }

    @Test
    void routesEveryCallAndEveryDatabaseThroughALinkOfItsOwn() throws IOException {
        parts = compose(Optional.empty(), true);
        List<String> proxies = proxies();
        assertThat(proxies)
                .extracting(proxy -> proxy.substring(0, proxy.indexOf('=')))
                .containsExactlyInAnyOrder(
                        "gateway:inventory-service",
                        "gateway:order-service",
                        "inventory-service:inventory-db",
                        "order-service:inventory-service",
                        "order-service:order-db",
                        "order-service:payment-service",
                        "payment-service:acquirer-sandbox",
                        "payment-service:payment-db");
        assertThatEachLeadsFromItsCallerToItsCallee(proxies);
    }

    @Test
    void severalInstancesShareADatabaseAndTheirCallersKnowAllOfThem() throws IOException {
        topology = Topology.SERVICES.withInstances(2);
        parts = compose(Optional.empty(), false);
        assertThat(parts)
                .containsOnlyKeys(
                        "order-db",
                        "inventory-db",
                        "payment-db",
                        "acquirer-sandbox",
                        "inventory-service",
                        "payment-service-1",
                        "payment-service-2",
                        "order-service-1",
                        "order-service-2",
                        "gateway");
        assertThat(part("gateway").environment())
                .containsEntry(
                        "STORE_EDGE_ORDER_ADDRESS",
                        part("order-service-1").url() + ","
                                + part("order-service-2").url());
        for (String order : List.of("order-service-1", "order-service-2")) {
            assertThat(part(order).environment())
                    .containsEntry(
                            "STORE_ORDER_PAYMENT_ADDRESS",
                            part("payment-service-1").url() + ","
                                    + part("payment-service-2").url())
                    .containsEntry("SPRING_DATASOURCE_URL", part("order-db").jdbcUrl());
        }
        assertThat(part("order-service-1").log())
                .isNotEqualTo(part("order-service-2").log());
    }

    @Test
    void eachPairOfInstancesHasALinkOfItsOwn() throws IOException {
        topology = Topology.SERVICES.withInstances(2);
        parts = compose(Optional.empty(), true);
        List<String> proxies = proxies();
        assertThat(proxies)
                .extracting(proxy -> proxy.substring(0, proxy.indexOf('=')))
                .hasSize(16)
                .contains(
                        "gateway:order-service-1",
                        "gateway:order-service-2",
                        "order-service-1:order-db",
                        "order-service-2:order-db",
                        "order-service-1:payment-service-1",
                        "order-service-1:payment-service-2",
                        "order-service-2:payment-service-1",
                        "order-service-2:payment-service-2");
        assertThatEachLeadsFromItsCallerToItsCallee(proxies);
    }

    @Test
    void theNameOfAServiceMeansItsInstancesAndNoOtherPart() {
        assertThat(Stream.of("order-service", "order-service-1", "order-service-12"))
                .allMatch(part -> Topology.means("order-service", part));
        assertThat(Stream.of("order-service-2", "order-service-12", "order-service"))
                .noneMatch(part -> Topology.means("order-service-1", part));
        assertThat(Stream.of("order-db", "order-service-1-training", "order-service-"))
                .noneMatch(part -> Topology.means("order-service", part));
    }

    private List<String> proxies() {
        return part("links").command().stream()
                .filter(argument -> argument.contains("="))
                .toList();
    }

    private void assertThatEachLeadsFromItsCallerToItsCallee(List<String> proxies) {
        for (String proxy : proxies) {
            String[] link = proxy.substring(0, proxy.indexOf('=')).split(":");
            String[] ends = proxy.substring(proxy.indexOf('=') + 1).split(":");
            assertThat(part(link[0]).environment().values()).as(proxy).anyMatch(value -> value.contains(":" + ends[0]));
            String owner = Objects.requireNonNullElse(
                    part(link[1]).url(), part(link[1]).jdbcUrl());
            assertThat(owner).as(proxy).contains(":" + ends[2]);
        }
    }

    private Plan.Part part(String name) {
        return Objects.requireNonNull(parts.get(name));
    }

    private Map<String, Plan.Part> compose(Optional<Integer> stock, boolean links) throws IOException {
        InstanceFolder folder = new InstanceFolder(root.resolve("test"));
        PostgresBinaries binaries = new PostgresBinaries(root.resolve("postgres"), List.of());
        Composition composition =
                new Composition(topology, folder, Secrets.in(folder.secrets()), 8080, new Ports(), stock, links);
        Stream.Builder<Plan.Part> composed = Stream.builder();
        for (Topology.Database database : topology.databases()) {
            composed.add(composition.part(
                    database, new PostgresCluster(binaries, folder.data().resolve(database.name()))));
        }
        for (Topology.Service service : topology.services()) {
            composed.add(composition.part(service, List.of("java", "-jar", service.jar())));
        }
        if (links) {
            composed.add(composition.linksPart(List.of("java", "Proxy")));
        }
        return composed.build().collect(Collectors.toMap(Plan.Part::name, part -> part));
    }
}
