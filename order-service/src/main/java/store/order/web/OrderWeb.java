package store.order.web;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import store.order.CancelOrder;
import store.order.Orders;
import store.order.PlaceOrder;
import store.order.TerminalAnswers;
import tools.jackson.databind.json.JsonMapper;

/** The public API of the module. */
@Configuration(proxyBeanMethods = false)
public class OrderWeb {

    @Bean
    TerminalAnswers terminalAnswers(JsonMapper json) {
        return new JsonTerminalAnswers(json);
    }

    @Bean
    OrderController orderController(PlaceOrder placeOrder, CancelOrder cancelOrder, Orders orders) {
        return new OrderController(placeOrder, cancelOrder, orders);
    }

    @Bean
    OrderProblems orderProblems() {
        return new OrderProblems();
    }
}
