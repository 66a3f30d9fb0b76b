import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * Goes on changing one session of its own at a member, a hundred times a second, acknowledged when processed. Answers each
 * line of standard input with one line:
 *
 * <pre>
 * begin PORT   creates the session at the member at 127.0.0.1, and begins
 * end          ends the session: how many deltas were sent, how many of them failed, and p50, p99 and maximum of the
 *              nanoseconds until they were acknowledged
 * </pre>
 */
public final class DeltaPulse implements Runnable {

    private static final String CONTEXT = "localhost#/app";
    private static final String ID = "00000000000000000000000000000000.pulse";
    private static final int ACKNOWLEDGED_WHEN_PROCESSED =
            Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK;
    private static final long PERIOD_NANOS = 10_000_000;

    private final GroupChannel channel;
    private final Member[] member;
    private final List<Long> durations = new ArrayList<>();
    private volatile boolean ended;
    private int failed;

    private DeltaPulse(GroupChannel channel, int port) throws Exception {
        this.channel = channel;
        member = new Member[] { new MemberImpl("127.0.0.1", port, 0) };
        send(SessionMessage.EVT_SESSION_CREATED, null);
    }

    public static void main(String[] args) throws Exception {
        try {
            GroupChannel channel = new GroupChannel();
            channel.addInterceptor(new TcpFailureDetector());
            ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
            receiver.setAddress("127.0.0.1");
            receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
            receiver.setAutoBind(1000);
            channel.start(Channel.SND_RX_SEQ | Channel.SND_TX_SEQ);
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            DeltaPulse pulse = null;
            Thread thread = null;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                if (words[0].equals("begin")) {
                    pulse = new DeltaPulse(channel, Integer.parseInt(words[1]));
                    thread = new Thread(pulse);
                    thread.start();
                    System.out.println("ok");
                } else {
                    pulse.ended = true;
                    thread.join();
                    System.out.println(pulse.result());
                }
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1); // the channel's threads would keep it alive
        }
    }

    @Override
    public void run() {
        long next = System.nanoTime();
        for (int i = 0; !ended; i++) {
            long begin = System.nanoTime();
            try {
                send(SessionMessage.EVT_SESSION_DELTA, delta(i));
            } catch (Exception e) {
                failed++;
            }
            long end = System.nanoTime();
            durations.add(end - begin);
            next = Math.max(next + PERIOD_NANOS, end);
            try {
                Thread.sleep(Math.max(0, (next - System.nanoTime()) / 1_000_000));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private String result() throws Exception {
        send(SessionMessage.EVT_SESSION_EXPIRED, null);
        long[] sorted = durations.stream().mapToLong(Long::longValue).sorted().toArray();
        int last = sorted.length - 1;
        return sorted.length + " " + failed + " " + sorted[last / 2] + " " + sorted[last * 99 / 100] + " " + sorted[last];
    }

    private static byte[] delta(long number) throws Exception {
        DeltaRequest request = new DeltaRequest(ID, false);
        request.setAttribute(Workload.VISITS, number);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
            request.writeExternal(output);
        }
        return bytes.toByteArray();
    }

    private void send(int event, byte[] data) throws Exception {
        long now = System.currentTimeMillis();
        SessionMessageImpl message = new SessionMessageImpl(CONTEXT, event, data, ID, ID + "-" + now);
        message.setTimestamp(now);
        channel.send(member, message, ACKNOWLEDGED_WHEN_PROCESSED);
    }
}
