import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.SessionMessage;

/** The life of many sessions side by side, each message by message: the same for the same seed. */
final class SessionLives implements Traffic {

    /** Created, ten attributes, one attribute ten times, accessed twice, expired: 1:1:10:2:1. */
    private static final String LIFE = "CTDDDADDDDADDDE";

    private final Workload workload;
    private final SplittableRandom random;
    private final String[] ids;
    /** Where in LIFE each session is; below 0, how many turns it waits, so that all sessions differ. */
    private final int[] steps;
    private final long[] visits;
    private final Map<Character, Long> counts = new HashMap<>();
    private int turn;
    private long number;

    SessionLives(Workload workload, long seed, int sessions) {
        this.workload = workload;
        random = new SplittableRandom(seed);
        ids = new String[sessions];
        steps = new int[sessions];
        visits = new long[sessions];
        Arrays.setAll(steps, i -> -(i % LIFE.length()));
    }

    @Override
    public SessionMessage[] next(int count) throws IOException {
        SessionMessage[] messages = new SessionMessage[count];
        for (int made = 0; made < count; turn = (turn + 1) % ids.length) {
            int step = steps[turn]++;
            if (step >= 0) {
                messages[made++] = message(turn, LIFE.charAt(step));
                steps[turn] %= LIFE.length();
            }
        }
        return messages;
    }

    private SessionMessage message(int slot, char kind) throws IOException {
        counts.merge(kind, 1L, Long::sum);
        if (kind == 'C') {
            ids[slot] = Workload.sessionId(random);
            return Traffic.message(SessionMessage.EVT_SESSION_CREATED, null, ids[slot]);
        }
        String id = ids[slot];
        switch (kind) {
            case 'T':
                visits[slot] = ++number;
                return Traffic.message(SessionMessage.EVT_SESSION_DELTA, Traffic.bytes(firstDelta(id)), id);
            case 'D':
                visits[slot] = ++number;
                return Traffic.visit(id, number);
            case 'A':
                return Traffic.message(SessionMessage.EVT_SESSION_ACCESSED, null, id);
            default:
                ids[slot] = null;
                visits[slot] = 0;
                return Traffic.message(SessionMessage.EVT_SESSION_EXPIRED, null, id, "EXPIRED-MSG");
        }
    }

    /** What the first request of a session sends: all its attributes, and that it is new. */
    private DeltaRequest firstDelta(String id) {
        DeltaRequest request = new DeltaRequest(id, false);
        request.setNew(true);
        request.setMaxInactiveInterval(1800);
        workload.attributes(random, number).forEach(request::setAttribute);
        return request;
    }

    @Override
    public long[] expectation() {
        long alive = Arrays.stream(ids).filter(id -> id != null).count();
        return new long[] { count('C'), count('T') + count('D'), count('A'), count('E'), alive };
    }

    @Override
    public Stream<Map.Entry<String, Long>> alive() {
        // One that has only been created has no visits yet.
        return IntStream.range(0, ids.length).filter(slot -> ids[slot] != null && visits[slot] > 0)
                .mapToObj(slot -> Map.entry(ids[slot], visits[slot]));
    }

    private long count(char kind) {
        return counts.getOrDefault(kind, 0L);
    }
}
