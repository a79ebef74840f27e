package store.local.command;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import store.local.supervision.InstanceFolder;
import store.local.supervision.Plan;
import store.local.topology.PrepareInstance;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "deploy/local/operator",
        description = {
            "Shows and ends the orders that recovery cannot end. The order's audit records each act.",
            "Shows the discrepancies that reconciliation with the acquirer's statement cannot explain."
        },
        customSynopsis = {
            "deploy/local/operator list [--name NAME] [--json]",
            "       deploy/local/operator show ID [--name NAME] [--json]",
            "       deploy/local/operator retry ID [--why TEXT] [--name NAME] [--json]",
            "       deploy/local/operator resolve ID --as cancelled|confirmed --why TEXT [--name NAME] [--json]",
            "       deploy/local/operator reconcile [--all] [--name NAME] [--json]"
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:done, or decided and left to recovery",
            "1:refused, or the store does not answer",
            "2:usage, or the store does not run",
            "130:interrupted"
        })
final class Operator implements Callable<Integer> {

    /** order-service works on no request this long. */
    private static final Duration ANSWER_BOUND = Duration.ofSeconds(10);

    private static final Duration CONNECT_BOUND = Duration.ofSeconds(2);

    private static final String FOUND = "%-24s  %-36s  %-36s  %9s  %s%n";

    private static final String ROW = "%-36s  %-15s  %-16s  %9s  %8s  %s%n";

    /** What the command does. */
    enum Act {
        LIST,
        SHOW,
        RETRY,
        RESOLVE,
        RECONCILE
    }

    /** The status in which an order is to end. */
    enum End {
        CANCELLED,
        CONFIRMED
    }

    @Mixin
    private Instance instance = new Instance();

    @Parameters(
            index = "0",
            paramLabel = "ACT",
            description = {
                "list: shows the orders that need attention and the overdue ones",
                "show: shows an order with its history",
                "retry: lets recovery try again after the cause has gone; cancels an order that was given up",
                "resolve: ends an order by the protocol; refused if stock or payment contradicts",
                "reconcile: shows the discrepancies that reconciliation cannot explain; changes nothing"
            })
    private Act act = Act.LIST;

    @Parameters(index = "1", arity = "0..1", paramLabel = "ID", description = "The order's id.")
    private @Nullable UUID id;

    @Option(names = "--as", paramLabel = "END", description = "cancelled or confirmed.")
    private @Nullable End end;

    @Option(names = "--why", paramLabel = "TEXT", description = "The reason, one line for the audit.")
    private @Nullable String why;

    @Option(names = "--all", description = "With reconcile: also the discrepancies that have been explained.")
    private boolean all;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean ofAllOrders = act == Act.LIST || act == Act.RECONCILE;
        require(ofAllOrders || id != null, name(act) + " needs the ID of an order");
        require(!ofAllOrders || id == null, name(act) + " takes no ID");
        require(!all || act == Act.RECONCILE, "--all goes with reconcile");
        require((act == Act.RESOLVE) == (end != null), "--as cancelled or --as confirmed goes with resolve");
        require(act != Act.RESOLVE || why != null, "resolve needs --why TEXT");
        require(why == null || act == Act.RESOLVE || act == Act.RETRY, "--why goes with retry and resolve");
        JsonNode answer = switch (act) {
            case LIST -> ask("order-service", "/operator/orders", null);
            case SHOW -> ask("order-service", "/operator/orders/" + id, null);
            case RETRY -> ask("order-service", "/operator/orders/" + id + "/retry", wish());
            case RESOLVE -> ask("order-service", "/operator/orders/" + id + "/resolve", wish());
            case RECONCILE -> ask("payment-service", "/operator/reconciliation?all=" + all, null);
        };
        if (json) {
            System.out.println(
                    InstanceFolder.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(answer));
        } else {
            switch (act) {
                case LIST -> printOrders(answer.path("orders"));
                case SHOW -> printOrder(answer);
                case RECONCILE -> printDiscrepancies(answer);
                case RETRY, RESOLVE -> printStatus(answer.path("status").stringValue());
            }
        }
        return 0;
    }

    private void require(boolean fits, String otherwise) {
        if (!fits) {
            throw new ParameterException(command.commandLine(), otherwise);
        }
    }

    private ObjectNode wish() {
        ObjectNode wish = InstanceFolder.JSON.createObjectNode();
        if (end != null) {
            wish.put("as", end.name());
        }
        return why == null ? wish : wish.put("why", why);
    }

    /** Asks the first of the service's instances, or the monolith, to which a connection can be opened. */
    private JsonNode ask(String service, String path, @Nullable ObjectNode body)
            throws IOException, InterruptedException {
        Plan plan = instance.planOfRunning();
        Path token = PrepareInstance.operatorToken(instance.folder());
        if (!Files.exists(token)) {
            throw new Failure(Failure.PREREQUISITE, token + " is missing; deploy/local/up makes it");
        }
        List<String> addresses = plan.parts().stream()
                .filter(part -> part.name().startsWith(service) || part.name().equals("monolith"))
                .map(part -> Objects.requireNonNull(part.url()))
                .toList();
        try (HttpClient http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_BOUND)
                .build()) {
            for (String address : addresses) {
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path))
                        .header(
                                "Authorization",
                                "Bearer " + Files.readString(token).strip())
                        .header("Content-Type", "application/json")
                        .timeout(ANSWER_BOUND);
                if (body != null) {
                    request.POST(BodyPublishers.ofString(body.toString()));
                }
                try {
                    return accepted(http.send(request.build(), BodyHandlers.ofString()));
                } catch (ConnectException refused) {
                    System.err.println(address + " cannot be reached");
                }
            }
        }
        throw new Failure(Failure.FAILED, "no " + service + " can be reached; see deploy/local/status");
    }

    private static JsonNode accepted(HttpResponse<String> answer) {
        JsonNode body;
        try {
            body = InstanceFolder.JSON.readTree(answer.body());
        } catch (JacksonException _) {
            throw new Failure(Failure.FAILED, "the store answered " + answer.statusCode() + " without JSON");
        }
        if (answer.statusCode() < 300) {
            return body;
        }
        String detail = body.path("detail").asString(answer.body());
        JsonNode errors = body.path("errors");
        throw new Failure(
                answer.statusCode() == 400 ? Failure.PREREQUISITE : Failure.FAILED,
                errors.isEmpty() ? detail : detail + " " + errors);
    }

    private void printStatus(String status) {
        String next = switch (status) {
            case "PENDING" -> "; recovery tries again at once";
            case "CANCELLING" -> "; recovery cancels it as soon as inventory and payment answer";
            default -> "";
        };
        System.out.println("order " + id + " is " + status + next);
    }

    private static void printOrders(JsonNode orders) {
        if (orders.isEmpty()) {
            System.out.println("no order needs attention and none is overdue");
            return;
        }
        System.out.printf(ROW, "ORDER", "STATUS", "REASON", "AGE", "ATTEMPTS", "NOTE");
        for (JsonNode order : orders) {
            System.out.printf(
                    ROW,
                    order.path("id").stringValue(),
                    order.path("status").stringValue(),
                    order.path("reason").stringValue(),
                    Status.age(Instant.parse(order.path("createdAt").stringValue())),
                    order.path("attempts").asInt(),
                    order.path("note").asString(""));
        }
    }

    private static void printDiscrepancies(JsonNode answer) {
        JsonNode discrepancies = answer.path("discrepancies");
        System.out.println(answer.path("open").asLong() + " open; the acquirer's statement was last read to its end "
                + answer.path("statementAgeSeconds").asLong() + " s ago");
        if (discrepancies.isEmpty()) {
            return;
        }
        System.out.printf(FOUND, "WHAT", "ORDER", "MOVEMENT", "AGE", "DETAIL");
        for (JsonNode found : discrepancies) {
            String cleared = found.path("clearedAt").asString("");
            System.out.printf(
                    FOUND,
                    found.path("kind").stringValue(),
                    found.path("orderId").asString(""),
                    found.path("movementId").asString(""),
                    Status.age(Instant.parse(found.path("foundAt").stringValue())),
                    (cleared.isEmpty() ? "" : "cleared at " + cleared + ": ")
                            + found.path("detail").stringValue());
        }
    }

    private static void printOrder(JsonNode order) {
        order.properties().forEach(field -> {
            if (!field.getKey().equals("history") && !field.getValue().isNull()) {
                System.out.printf(
                        "%-15s %s%n",
                        field.getKey(),
                        field.getValue().asString(field.getValue().toString()));
            }
        });
        System.out.println("history");
        for (JsonNode entry : order.path("history")) {
            System.out.printf(
                    "  %-27s %-15s %-15s %-16s by %-9s token %-4d %s%n",
                    entry.path("at").stringValue(),
                    entry.path("event").stringValue(),
                    entry.path("status").stringValue(),
                    entry.path("reason").asString(""),
                    entry.path("actor").stringValue(),
                    entry.path("leaseToken").asLong(),
                    entry.path("note").asString(""));
        }
    }

    private static String name(Act act) {
        return act.name().toLowerCase(Locale.ROOT);
    }
}
