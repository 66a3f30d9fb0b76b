import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.Phaser;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * Changes sessions of {@code localhost#/app} at one member with Tomcat's own channel, and says of each change when it was tried and when it
 * was acknowledged as processed. Arguments: the member's address and port, how many writers, how many sessions each has, a seed.
 *
 * <p>Standard input: {@code go}, {@code pause}. Standard output, of writer W:
 *
 * <pre>
 * W try SLOT create ID
 * W try SLOT write ID ATTRIBUTE N     the attribute is the Integer N, and "filler" a String of N % 3000 letters, in one delta
 * W try SLOT remove ID ATTRIBUTE
 * W try SLOT rename ID NEW
 * W try SLOT expire ID
 * W acknowledged | W failed REASON    what became of its last try; a writer that has failed waits for the next "go"
 * paused                              nobody is at anything any more
 * </pre>
 */
public final class AcknowledgedWriter {

    private static final String CONTEXT = "localhost#/app";
    private static final int ACKNOWLEDGED_WHEN_PROCESSED =
            Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK;
    private static final int ATTRIBUTES = 4;
    private static final int MAX_FILLER = 3000;

    /** The writers and the reader of commands; in even phases everybody waits, in odd ones the writers write. */
    private static final Phaser PHASES = new Phaser(1);

    private static volatile boolean pausing;

    private final int number;
    private final GroupChannel channel;
    private final Member[] target;
    private final SplittableRandom random;
    private final String[] ids;
    private int count;

    private AcknowledgedWriter(int number, Member member, int sessions, long seed) throws Exception {
        this.number = number;
        channel = channel();
        target = new Member[] { member };
        random = new SplittableRandom(seed + number);
        ids = new String[sessions];
    }

    public static void main(String[] args) throws Exception {
        Member member = new MemberImpl(args[0], Integer.parseInt(args[1]), 0);
        int writers = Integer.parseInt(args[2]);
        for (int i = 0; i < writers; i++) {
            AcknowledgedWriter writer =
                    new AcknowledgedWriter(i, member, Integer.parseInt(args[3]), Long.parseLong(args[4]));
            PHASES.register();
            Thread thread = new Thread(writer::run, "writer-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            pausing = line.equals("pause");
            PHASES.arriveAndAwaitAdvance();
            if (pausing) {
                System.out.println("paused");
            }
        }
        System.exit(0); // the channels' threads would keep it alive
    }

    /** A channel without membership and without Tomcat's asynchronous dispatcher. */
    private static GroupChannel channel() throws Exception {
        GroupChannel channel = new GroupChannel();
        channel.addInterceptor(new TcpFailureDetector());
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress("127.0.0.1");
        receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
        receiver.setAutoBind(1000);
        channel.start(Channel.SND_RX_SEQ | Channel.SND_TX_SEQ);
        return channel;
    }

    private void run() {
        try {
            while (true) {
                PHASES.arriveAndAwaitAdvance();
                boolean well = true;
                while (well && !pausing) {
                    well = change(random.nextInt(ids.length));
                }
                PHASES.arriveAndAwaitAdvance();
            }
        } catch (IOException e) {
            say("failed " + e);
        }
    }

    private boolean change(int slot) throws IOException {
        String id = ids[slot];
        if (id == null) {
            String created = newId();
            return send(slot, "create " + created, created, SessionMessage.EVT_SESSION_CREATED, created, null);
        }
        int dice = random.nextInt(100);
        if (dice < 3) {
            return send(slot, "expire " + id, null, SessionMessage.EVT_SESSION_EXPIRED, id, null);
        }
        if (dice < 8) {
            String renamed = newId();
            return send(slot, "rename " + id + ' ' + renamed, renamed, SessionMessage.EVT_CHANGE_SESSION_ID, id, utf(renamed));
        }
        String attribute = "a" + random.nextInt(ATTRIBUTES);
        DeltaRequest delta = new DeltaRequest(id, false);
        String text;
        if (dice < 16) {
            delta.removeAttribute(attribute);
            text = "remove " + id + ' ' + attribute;
        } else {
            int n = ++count;
            delta.setAttribute(attribute, n);
            delta.setAttribute("filler", "x".repeat(n % MAX_FILLER));
            text = "write " + id + ' ' + attribute + ' ' + n;
        }
        return send(slot, text, id, SessionMessage.EVT_SESSION_DELTA, id, bytes(delta));
    }

    /** @param after the session's id when this is done; null: it has none any more */
    private boolean send(int slot, String text, String after, int event, String id, byte[] data) {
        long now = System.currentTimeMillis();
        SessionMessageImpl message = new SessionMessageImpl(CONTEXT, event, data, id, id + '-' + now);
        message.setTimestamp(now);
        say("try " + slot + ' ' + text);
        try {
            channel.send(target, message, ACKNOWLEDGED_WHEN_PROCESSED);
        } catch (ChannelException e) {
            // Whether it was done nobody knows: a session of that id is not touched again.
            ids[slot] = null;
            say("failed " + e.getMessage().replaceAll("\\s+", " "));
            return false;
        }
        ids[slot] = after;
        say("acknowledged");
        return true;
    }

    private void say(String text) {
        System.out.println(number + " " + text);
    }

    private String newId() {
        return String.format("%016X%016X.writer", random.nextLong(), random.nextLong());
    }

    private static byte[] bytes(DeltaRequest delta) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
            delta.writeExternal(output);
        }
        return bytes.toByteArray();
    }

    private static byte[] utf(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
            output.writeUTF(text);
        }
        return bytes.toByteArray();
    }
}
