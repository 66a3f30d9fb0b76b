import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.catalina.ha.session.SessionMessage;

/**
 * Deltas of one attribute for the sessions of a population that the receiver has already, here and there among all of them.
 * Several share a population: each has the sessions whose number leaves its own remainder.
 */
final class PopulationVisits implements Traffic {

    private final SplittableRandom random;
    private final long population;
    private final int share;
    private final int shares;
    private final Map<Long, Long> visits = new LinkedHashMap<>();
    private long deltas;

    PopulationVisits(long population, int share, int shares) {
        random = new SplittableRandom(share);
        this.population = population;
        this.share = share;
        this.shares = shares;
    }

    @Override
    public SessionMessage[] next(int count) throws IOException {
        SessionMessage[] messages = new SessionMessage[count];
        for (int i = 0; i < count; i++) {
            long session = random.nextLong((population - share + shares - 1) / shares) * shares + share;
            long number = population + ++deltas;
            visits.put(session, number);
            messages[i] = Traffic.visit(Workload.sessionId(session), number);
        }
        return messages;
    }

    @Override
    public long[] expectation() {
        return new long[] { 0, deltas, 0, 0, 0 };
    }

    @Override
    public Stream<Map.Entry<String, Long>> alive() {
        return visits.entrySet().stream()
                .map(each -> Map.entry(Workload.sessionId(each.getKey()), each.getValue()));
    }
}
