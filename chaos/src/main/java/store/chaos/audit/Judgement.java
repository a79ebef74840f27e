package store.chaos.audit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import store.chaos.audit.Verdict.Finding;

/** Judges a store by all ten invariants. */
final class Judgement {

    static final List<Invariant> INVARIANTS = List.of(
            new StockAddsUp(),
            new MoneyAddsUp(),
            new CapturedMeansConfirmedOrUndone(),
            new EndsMeanWhatTheySay(),
            new AcknowledgedOrdersStay(),
            new OneAnswerPerKey(),
            new EveryOrderEnds(),
            new HistoriesReplay(),
            new NoStorm(),
            new RefusedMeansNotCaptured());

    private Judgement() {}

    /** By the invariant's name, in the order of {@link #INVARIANTS}. */
    static Map<String, Finding> of(Facts facts, Bounds bounds) {
        var deadlines = new Deadlines(facts, bounds);
        var findings = new LinkedHashMap<String, Finding>();
        INVARIANTS.forEach(invariant -> findings.put(invariant.name(), invariant.judge(facts, deadlines)));
        return findings;
    }
}
