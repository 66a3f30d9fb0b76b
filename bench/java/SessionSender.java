import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.transport.ReceiverBase;
import org.apache.catalina.tribes.transport.ReplicationTransmitter;
import org.apache.catalina.tribes.transport.nio.PooledParallelSender;

/**
 * Sends the traffic of sessions with Tomcat's own channel and message classes. Arguments: how many senders, and how many
 * sessions each keeps alive. Every target gets the same sequence. Answers each line of standard input with one line:
 *
 * <pre>
 * target NAME PORT            a receiver at 127.0.0.1
 * run NAME OPTIONS MESSAGES   makes the messages, then sends them: nanoseconds until the last is acknowledged as
 *                             processed, and p50 and p99 of the nanoseconds that one send took
 * expect NAME                 what the target must have: CREATED DELTA ACCESSED EXPIRED received, sessions, their visits added up
 * </pre>
 */
public final class SessionSender {

    private static final String CONTEXT = "localhost#/app";
    private static final int ACKNOWLEDGED_WHEN_PROCESSED =
            Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK;

    /** Makes a delta of ten attributes of 1.1 KB. */
    private static final int CART_LINES = 5;

    private static final int PATIENCE_MILLIS = 30_000;

    private final List<GroupChannel> channels = new ArrayList<>();
    private final int sessions;
    private final Map<String, Target> targets = new HashMap<>();
    private final ExecutorService threads;

    private SessionSender(int senders, int sessions) throws Exception {
        this.sessions = sessions;
        threads = Executors.newFixedThreadPool(senders);
        for (int i = 0; i < senders; i++) {
            channels.add(channel());
        }
    }

    public static void main(String[] args) throws Exception {
        try {
            SessionSender sender = new SessionSender(Integer.parseInt(args[0]), Integer.parseInt(args[1]));
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(sender.answer(line.split(" ")));
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1); // the channels' threads would keep it alive
        }
    }

    /**
     * A channel without membership, which is told whom to send to. One interceptor keeps GroupChannel from adding its
     * asynchronous dispatcher: that one would send one session's messages out of order, over several connections.
     */
    private static GroupChannel channel() throws Exception {
        GroupChannel channel = new GroupChannel();
        channel.addInterceptor(new TcpFailureDetector());
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress("127.0.0.1");
        receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
        receiver.setAutoBind(1000);
        // A backlog of the receiver is what is measured here, not an error.
        PooledParallelSender transport =
                (PooledParallelSender) ((ReplicationTransmitter) channel.getChannelSender()).getTransport();
        transport.setTimeout(PATIENCE_MILLIS);
        channel.start(Channel.SND_RX_SEQ | Channel.SND_TX_SEQ);
        return channel;
    }

    private String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "target":
                targets.put(words[1], new Target(Integer.parseInt(words[2])));
                return "ok";
            case "run":
                return run(targets.get(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            case "expect":
                return targets.get(words[1]).expectation();
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private String run(Target target, int options, int messages) throws Exception {
        List<Callable<long[]>> work = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            GroupChannel channel = channels.get(i);
            SessionMessage[] batch = target.traffic.get(i).next(messages / channels.size());
            work.add(() -> send(channel, target.member, batch, options));
        }
        long begin = System.nanoTime();
        LongStream.Builder durations = LongStream.builder();
        for (Future<long[]> sent : threads.invokeAll(work)) {
            LongStream.of(sent.get()).forEach(durations);
        }
        long elapsed = System.nanoTime() - begin;
        long[] sorted = durations.build().sorted().toArray();
        return elapsed + " " + percentile(sorted, 50) + " " + percentile(sorted, 99);
    }

    /** One thread, one connection: what is sent first arrives first, so the last acknowledgement stands for all. */
    private static long[] send(GroupChannel channel, Member[] to, SessionMessage[] batch, int options) throws Exception {
        long[] durations = new long[batch.length];
        for (int i = 0; i < batch.length; i++) {
            boolean last = i == batch.length - 1;
            long begin = System.nanoTime();
            channel.send(to, batch[i], last ? ACKNOWLEDGED_WHEN_PROCESSED : options);
            durations[i] = System.nanoTime() - begin;
        }
        return durations;
    }

    private static long percentile(long[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private final class Target {
        final Member[] member;
        final List<Traffic> traffic = new ArrayList<>();

        Target(int port) throws IOException {
            member = new Member[] { new MemberImpl("127.0.0.1", port, 0) };
            for (int i = 0; i < channels.size(); i++) {
                traffic.add(new Traffic(i + 1, sessions));
            }
        }

        String expectation() {
            long[] sums = new long[6];
            for (Traffic each : traffic) {
                long[] expected = each.expectation();
                Arrays.setAll(sums, i -> sums[i] + expected[i]);
            }
            return LongStream.of(sums).mapToObj(String::valueOf).reduce((a, b) -> a + " " + b).orElseThrow();
        }
    }

    /** The life of many sessions side by side, each message by message. */
    private static final class Traffic {
        /** Created, ten attributes, one attribute ten times, accessed twice, expired: 1:1:10:2:1. */
        private static final String LIFE = "CTDDDADDDDADDDE";

        private final SplittableRandom random;
        private final String[] ids;
        /** Where in LIFE each session is; below 0, how many turns it waits, so that all sessions differ. */
        private final int[] steps;
        private final long[] visits;
        private final Map<Character, Long> counts = new HashMap<>();
        private int turn;
        private long number;

        Traffic(long seed, int sessions) {
            random = new SplittableRandom(seed);
            ids = new String[sessions];
            steps = new int[sessions];
            visits = new long[sessions];
            Arrays.setAll(steps, i -> -(i % LIFE.length()));
        }

        SessionMessage[] next(int count) throws IOException {
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
            long now = System.currentTimeMillis();
            counts.merge(kind, 1L, Long::sum);
            if (kind == 'C') {
                ids[slot] = Workload.sessionId(random);
                return message(SessionMessage.EVT_SESSION_CREATED, null, ids[slot], "-" + now, now);
            }
            String id = ids[slot];
            switch (kind) {
                case 'T':
                case 'D':
                    visits[slot] = ++number;
                    return message(SessionMessage.EVT_SESSION_DELTA, delta(id, kind == 'T'), id, "-" + now, now);
                case 'A':
                    return message(SessionMessage.EVT_SESSION_ACCESSED, null, id, "-" + now, now);
                default:
                    ids[slot] = null;
                    visits[slot] = 0;
                    return message(SessionMessage.EVT_SESSION_EXPIRED, null, id, "-EXPIRED-MSG", now);
            }
        }

        private static SessionMessage message(int event, byte[] data, String id, String suffix, long now) {
            SessionMessageImpl message = new SessionMessageImpl(CONTEXT, event, data, id, id + suffix);
            message.setTimestamp(now);
            return message;
        }

        /** The first delta of a session is what its first request sends: all its attributes, and that it is new. */
        private byte[] delta(String id, boolean first) throws IOException {
            DeltaRequest request = new DeltaRequest(id, false);
            if (first) {
                request.setNew(true);
                request.setMaxInactiveInterval(1800);
                Workload.attributes(random, number, CART_LINES).forEach(request::setAttribute);
            } else {
                request.setAttribute(Workload.VISITS, number);
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
                request.writeExternal(output);
            }
            return bytes.toByteArray();
        }

        long[] expectation() {
            long deltas = count('T') + count('D');
            long alive = Arrays.stream(ids).filter(id -> id != null).count();
            return new long[] { count('C'), deltas, count('A'), count('E'), alive, LongStream.of(visits).sum() };
        }

        private long count(char kind) {
            return counts.getOrDefault(kind, 0L);
        }
    }
}
