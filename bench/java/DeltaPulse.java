import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.membership.MemberImpl;

/**
 * Goes on changing sessions of its own at each of some members, acknowledged when processed: several of them side by side, over
 * connections of their own, so that one which takes long does not hold up the next. Answers each line of standard input with one line:
 *
 * <pre>
 * begin NAME PORT MILLIS   a delta each so many milliseconds for the member at 127.0.0.1; its sessions are created as soon
 *                          as they can be
 * end NAME                 ends those sessions: each delta as AT:NANOS, the epoch milliseconds when it was sent and the
 *                          nanoseconds since it was due until it was acknowledged, or as AT:failed
 * </pre>
 */
public final class DeltaPulse {

    private final Map<String, Pulse> pulses = new HashMap<>();

    public static void main(String[] args) throws Exception {
        try {
            DeltaPulse pulses = new DeltaPulse();
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println(pulses.answer(line.split(" ")));
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1); // the channels' threads would keep it alive
        }
    }

    private String answer(String[] words) throws Exception {
        if (words[0].equals("begin")) {
            pulses.put(words[1], new Pulse(Integer.parseInt(words[2]), Integer.parseInt(words[3])));
            return "ok";
        }
        return pulses.remove(words[1]).end();
    }

    /** The sessions that are changed at one member. */
    private static final class Pulse {
        private static final int SESSIONS = 4;

        private final GroupChannel channel = BenchChannel.open();
        private final List<Beating> sessions = new ArrayList<>();

        Pulse(int port, int periodMillis) throws Exception {
            Member[] member = { new MemberImpl("127.0.0.1", port, 0) };
            long period = periodMillis * 1_000_000L;
            for (int i = 0; i < SESSIONS; i++) {
                String id = String.format("%032d.pulse", i);
                sessions.add(new Beating(channel, member, id, new Pace(period * SESSIONS, period * i)));
            }
            sessions.forEach(Thread::start);
        }

        String end() throws Exception {
            StringJoiner samples = new StringJoiner(" ");
            for (Beating session : sessions) {
                session.ended = true;
            }
            for (Beating session : sessions) {
                session.join();
                session.samples.forEach(samples::add);
            }
            channel.stop(Channel.DEFAULT);
            return samples.toString();
        }
    }

    private static final class Beating extends Thread {
        final List<String> samples = new ArrayList<>();
        volatile boolean ended;
        private final GroupChannel channel;
        private final Member[] member;
        private final String id;
        private final Pace pace;
        private boolean created;

        Beating(GroupChannel channel, Member[] member, String id, Pace pace) {
            this.channel = channel;
            this.member = member;
            this.id = id;
            this.pace = pace;
            setDaemon(true);
        }

        @Override
        public void run() {
            int number = 0;
            do {
                pace.await();
                long at = System.currentTimeMillis();
                try {
                    if (!created) {
                        send(Traffic.message(SessionMessage.EVT_SESSION_CREATED, null, id));
                        created = true;
                    }
                    send(Traffic.visit(id, number++));
                    samples.add(at + ":" + pace.done());
                } catch (Exception e) {
                    pace.done();
                    samples.add(at + ":failed");
                }
            } while (!ended);
            if (created) {
                try {
                    send(Traffic.message(SessionMessage.EVT_SESSION_EXPIRED, null, id, "EXPIRED-MSG"));
                } catch (Exception e) {
                    samples.add(System.currentTimeMillis() + ":failed");
                }
            }
        }

        private void send(SessionMessage message) throws Exception {
            channel.send(member, message, BenchChannel.ACKNOWLEDGED_WHEN_PROCESSED);
        }
    }
}
