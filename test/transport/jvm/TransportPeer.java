import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelMessage;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MessageListener;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.io.ChannelData;
import org.apache.catalina.tribes.io.XByteBuffer;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.transport.ReplicationTransmitter;
import org.apache.catalina.tribes.transport.nio.NioReceiver;
import org.apache.catalina.tribes.util.UUIDGenerator;

/**
 * Tomcat's own NioReceiver and PooledParallelSender without a channel around them, driven by lines on standard input:
 * "send PORT OPTIONS COUNT SIZE TEXT" sends COUNT messages of SIZE bytes that begin with TEXT, each from a thread of its
 * own, and says "sent N" or "failed N cause" for each; PORT may be TCP/UDP. It listens on the same number for TCP and UDP. Messages that arrive are told as "received OPTIONS ID SIZE
 * TEXT"; one whose text begins with "fails" makes the listener throw.
 */
public final class TransportPeer implements MessageListener {

    private static final int TEXT_LENGTH = 20;

    private final ReplicationTransmitter transmitter = new ReplicationTransmitter();
    private final NioReceiver receiver = new NioReceiver();
    private final MemberImpl local;

    private TransportPeer() throws Exception {
        // Only for its name, under which they register their MBeans.
        GroupChannel channel = new GroupChannel();
        receiver.setChannel(channel);
        transmitter.setChannel(channel);
        receiver.setAddress("127.0.0.1");
        receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
        receiver.setUdpPort(receiver.getPort());
        receiver.setMessageListener(this);
        receiver.start();
        transmitter.start();
        local = new MemberImpl("127.0.0.1", receiver.getPort(), 1000);
        local.setUdpPort(receiver.getUdpPort());
        local.setUniqueId(UUIDGenerator.randomUUID(false));
    }

    public static void main(String[] args) throws Exception {
        TransportPeer peer = new TransportPeer();
        say("listens " + peer.receiver.getPort() + " " + peer.receiver.getUdpPort());
        ExecutorService senders = Executors.newCachedThreadPool();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] words = line.split(" ", 6);
            for (int i = 0; i < Integer.parseInt(words[3]); i++) {
                int number = i;
                senders.execute(() -> peer.send(words, number));
            }
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private void send(String[] words, int number) {
        try {
            String[] ports = words[1].split("/");
            MemberImpl destination = new MemberImpl("127.0.0.1", Integer.parseInt(ports[0]), 1000);
            if (ports.length > 1) {
                destination.setUdpPort(Integer.parseInt(ports[1]));
            }
            byte[] text = (words[5] + " " + number).getBytes(StandardCharsets.ISO_8859_1);
            ChannelData data = new ChannelData(true);
            data.setOptions(Integer.parseInt(words[2]));
            data.setTimestamp(System.currentTimeMillis());
            data.setAddress(local);
            data.setMessage(new XByteBuffer(Arrays.copyOf(text, Integer.parseInt(words[4])), false));
            transmitter.sendMessage(data, new Member[] { destination });
            say("sent " + number);
        } catch (ChannelException e) {
            Throwable cause = e.getFaultyMembers().length > 0 ? e.getFaultyMembers()[0].getCause() : e;
            say("failed " + number + " " + cause.getClass().getSimpleName());
        } catch (Exception e) {
            say("failed " + number + " " + e);
        }
    }

    @Override
    public void messageReceived(ChannelMessage message) {
        byte[] bytes = message.getMessage().getBytes();
        int length = Math.min(bytes.length, TEXT_LENGTH);
        String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1).trim();
        say("received " + message.getOptions() + " " + HexFormat.of().formatHex(message.getUniqueId()) + " "
                + bytes.length + " " + text);
        if (text.startsWith("fails")) {
            throw new IllegalStateException(text);
        }
    }

    @Override
    public boolean accept(ChannelMessage message) {
        return true;
    }
}
