package store.chaos.load;

import store.chaos.load.Shop.Answer;

/** The first answer to an arrival. */
enum Outcome {
    /** The catalogue as of now. */
    SERVED,
    /** The catalogue as of a while ago. */
    STALE,
    CONFIRMED,
    /** The order exists; its end is open. */
    ACCEPTED,
    /** Turned away before anything was done: 429, or 503 {@code not-accepted}. */
    SHED,
    /** Refused for good: the card, the stock, the price, or an invalid request. */
    REFUSED,
    /** An answer that says nothing about the order, or a broken connection. */
    FAILED,
    /** No answer within the bound, or 504: the outcome is unknown. */
    TIMED_OUT,
    /** Never sent, because too many requests were waiting for their answers: the driver's fault, not the store's. */
    DROPPED;

    static Outcome of(Answer answer) {
        return switch (answer.status()) {
            case 0 -> answer.isTimeout() ? TIMED_OUT : FAILED;
            case 200 -> answer.body().contains("\"stale\":true") ? STALE : SERVED;
            case 201 -> CONFIRMED;
            case 202 -> ACCEPTED;
            case 429 -> SHED;
            case 503 -> answer.isProblem("not-accepted") ? SHED : FAILED;
            case 504 -> TIMED_OUT;
            default -> answer.isTerminal() ? REFUSED : FAILED;
        };
    }

    /** How a checkout that was followed up ended. */
    enum End {
        CONFIRMED,
        DECLINED,
        REJECTED,
        CANCELLED,
        /** The request was invalid, which is the driver's fault. */
        INVALID,
        /** Acknowledged, and not final within the bound. */
        OPEN,
        /** Never acknowledged within the bound. */
        UNACKNOWLEDGED,
        /** Turned away before anything was done, and did not come back. */
        GONE;

        static End of(Answer terminal) {
            return switch (terminal.status()) {
                case 201 -> CONFIRMED;
                case 402 -> DECLINED;
                case 409 -> terminal.isProblem("order-cancelled") ? CANCELLED : REJECTED;
                default -> INVALID;
            };
        }
    }
}
