import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.membership.MemberImpl;

/**
 * Sends the traffic of sessions with Tomcat's own channel and message classes. Arguments: the workload, how many senders,
 * and, where these are to be whole members of a cluster, the address and the port of its group. Every target of the same
 * kind gets the same sequence. Answers each line of standard input with one line:
 *
 * <pre>
 * lives NAME PORT SESSIONS SEED   a receiver at 127.0.0.1 that is told the lives of so many sessions at a time
 * visits NAME PORT POPULATION  one that has a population, and is told of visits
 * run NAME OPTIONS MESSAGES    makes the messages, then sends them at full rate: nanoseconds until the last is
 *                              acknowledged as processed, and p50 and p99 of the nanoseconds that one send took
 * pace NAME OPTIONS MESSAGES RATE   the same, with so many messages a second
 * expect NAME                  what the target must have: CREATED DELTA ACCESSED EXPIRED received, and sessions
 * alive NAME COUNT             so many of the sessions that it must have, as ID=VISITS
 * </pre>
 */
public final class SessionSender {

    /** Each sender has one of its own, of a range that nobody else has. */
    private static final long SEEDS = 1000;

    private final Workload workload;
    private final List<GroupChannel> channels = new ArrayList<>();
    private final Map<String, Target> targets = new HashMap<>();
    private final ExecutorService threads;

    private SessionSender(String[] arguments) throws Exception {
        workload = Workload.called(arguments[0]);
        int senders = Integer.parseInt(arguments[1]);
        threads = Executors.newFixedThreadPool(senders);
        List<Callable<GroupChannel>> joining = new ArrayList<>();
        for (int i = 0; i < senders; i++) {
            joining.add(() -> arguments.length > 2
                    ? BenchChannel.join(arguments[2], Integer.parseInt(arguments[3])) : BenchChannel.open());
        }
        for (Future<GroupChannel> joined : threads.invokeAll(joining)) { // each hears the others before it goes on
            channels.add(joined.get());
        }
    }

    public static void main(String[] arguments) throws Exception {
        try {
            SessionSender sender = new SessionSender(arguments);
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(sender.answer(line.split(" ")));
            }
            for (GroupChannel channel : sender.channels) {
                channel.stop(Channel.DEFAULT);
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1); // the channels' threads would keep it alive
        }
    }

    private String answer(String[] words) throws Exception {
        Target target = targets.get(words[1]);
        switch (words[0]) {
            case "lives":
                int sessions = Integer.parseInt(words[3]) / channels.size();
                long seed = Long.parseLong(words[4]) * SEEDS;
                targets.put(words[1], new Target(words[2], i -> new SessionLives(workload, seed + i, sessions)));
                return "ok";
            case "visits":
                int population = Integer.parseInt(words[3]);
                targets.put(words[1], new Target(words[2], i -> new PopulationVisits(population, i, channels.size())));
                return "ok";
            case "run":
                return send(target, Integer.parseInt(words[2]), Integer.parseInt(words[3]), 0);
            case "pace":
                long period = 1_000_000_000L * channels.size() / Integer.parseInt(words[4]);
                return send(target, Integer.parseInt(words[2]), Integer.parseInt(words[3]), period);
            case "expect":
                return target.expectation();
            case "alive":
                return target.alive(Integer.parseInt(words[2]));
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    /** @param period nanoseconds from one message of a sender to its next; 0: at full rate */
    private String send(Target target, int options, int messages, long period) throws Exception {
        List<Callable<long[]>> work = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            GroupChannel channel = channels.get(i);
            SessionMessage[] batch = target.traffic.get(i).next(messages / channels.size());
            long offset = period * i / channels.size();
            work.add(() -> period == 0 ? sendAll(channel, target.member, batch, options)
                    : sendPaced(channel, target.member, batch, options, new Pace(period, offset)));
        }
        // A collection in the middle of a send would be taken for the receiver's doing.
        System.gc();
        long begin = System.nanoTime();
        LongStream.Builder durations = LongStream.builder();
        for (Future<long[]> sent : threads.invokeAll(work)) {
            LongStream.of(sent.get()).forEach(durations);
        }
        long elapsed = System.nanoTime() - begin;
        long[] sorted = durations.build().sorted().toArray();
        return elapsed + " " + percentile(sorted, 50) + " " + percentile(sorted, 99);
    }

    private static long[] sendAll(GroupChannel channel, Member[] to, SessionMessage[] batch, int options) throws Exception {
        long[] durations = new long[batch.length];
        for (int i = 0; i < batch.length; i++) {
            long begin = System.nanoTime();
            channel.send(to, batch[i], i < batch.length - 1 ? options : BenchChannel.ACKNOWLEDGED_WHEN_PROCESSED);
            durations[i] = System.nanoTime() - begin;
        }
        return durations;
    }

    /** One thread, one connection: what is sent first arrives first, so the last acknowledgement stands for all. */
    private static long[] sendPaced(GroupChannel channel, Member[] to, SessionMessage[] batch, int options, Pace pace)
            throws Exception {
        long[] durations = new long[batch.length];
        for (int i = 0; i < batch.length; i++) {
            pace.await();
            channel.send(to, batch[i], i < batch.length - 1 ? options : BenchChannel.ACKNOWLEDGED_WHEN_PROCESSED);
            durations[i] = pace.done();
        }
        return durations;
    }

    private static long percentile(long[] sorted, int percent) {
        return sorted[Math.min(sorted.length - 1, (int) ((long) sorted.length * percent / 100))];
    }

    private interface TrafficMaker {
        Traffic of(int sender);
    }

    private final class Target {
        final Member[] member;
        final List<Traffic> traffic = new ArrayList<>();

        Target(String port, TrafficMaker maker) throws Exception {
            member = new Member[] { new MemberImpl("127.0.0.1", Integer.parseInt(port), 0) };
            for (int i = 0; i < channels.size(); i++) {
                traffic.add(maker.of(i));
            }
        }

        String expectation() {
            long[] sums = new long[5];
            for (Traffic each : traffic) {
                long[] expected = each.expectation();
                Arrays.setAll(sums, i -> sums[i] + expected[i]);
            }
            return LongStream.of(sums).mapToObj(String::valueOf).collect(Collectors.joining(" "));
        }

        String alive(int count) {
            return traffic.stream().flatMap(each -> each.alive().limit(count / traffic.size() + 1))
                    .map(each -> each.getKey() + '=' + each.getValue()).collect(Collectors.joining(" "));
        }
    }
}
