package store.order;

/** The answer to the placing request once its order is final. */
@FunctionalInterface
public interface TerminalAnswers {

    /** Renders the answer; called once for each order, in the step that makes it final. */
    StoredAnswer answerFor(Order finalOrder);
}
