package store.order.web;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.order.CancelOrder;
import store.order.Dossiers;
import store.order.Orders;
import store.order.PlaceOrder;
import store.order.ResolveOrder;
import store.order.RetryOrder;
import store.order.TerminalAnswers;
import store.resilience.spring.OperatorToken;
import tools.jackson.databind.json.JsonMapper;

/** The public API of the module, and the operator's. */
@Configuration(proxyBeanMethods = false)
public class OrderWebConfiguration {

    @Bean
    TerminalAnswers terminalAnswers(JsonMapper json) {
        return new JsonTerminalAnswers(json);
    }

    @Bean
    OrderController orderController(PlaceOrder placeOrder, CancelOrder cancelOrder, Orders orders) {
        return new OrderController(placeOrder, cancelOrder, orders);
    }

    /** @param tokenFile the file with the operator's token; if empty, every request is refused */
    @Bean
    OperatorController operatorController(
            Dossiers dossiers,
            RetryOrder retryOrder,
            ResolveOrder resolveOrder,
            @Value("${store.order.operator-token-file:}") String tokenFile) {
        return new OperatorController(
                dossiers, retryOrder, resolveOrder, OperatorToken.in(tokenFile, "store.order.operator-token-file"));
    }

    @Bean
    OrderProblems orderProblems() {
        return new OrderProblems();
    }
}
