import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import org.apache.catalina.tribes.ByteMessage;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelListener;
import org.apache.catalina.tribes.Member;

/**
 * A Java program that is no Tomcat, sends many messages and counts those of others. Arguments: those of {@link PeerChannel}.
 *
 * <p>A message is a number, from 0 on for each run of a sender, bytes, and their CRC-32: as a ByteMessage (8 bytes each for number and CRC, in
 * front) or as a List of Long, byte[] and Long.
 *
 * <p>Commands:
 *
 * <pre>
 * send bytes|list COUNT SIZE OPTIONS   to all others, one after the other: "sent COUNT failed FAILED milliseconds MILLISECONDS"
 * tally COUNT                          waits until every sender is heard of with so many messages, ten seconds at most, and begins anew:
 *                                      "PORT messages N twice N corrupt N disordered N bytes N; ..." in the order of the ports
 * members                              the ports of the others
 * </pre>
 */
public final class LoadPeer implements ChannelListener {

    private static final int HEAD = 2 * Long.BYTES;
    private static final long TALLY_LIMIT = 10_000;

    private final PeerChannel peer;
    private final SplittableRandom random = new SplittableRandom(42);
    private Map<Integer, Tally> tallies = new TreeMap<>();

    /** What has come of one sender. */
    private static final class Tally {
        final BitSet numbers = new BitSet();
        long last = -1;
        int messages;
        int twice;
        int corrupt;
        int disordered;
        long bytes;

        void add(long number, byte[] body, long crc) {
            messages++;
            bytes += body.length;
            corrupt += crcOf(body) == crc ? 0 : 1;
            twice += numbers.get((int) number) ? 1 : 0;
            disordered += number < last ? 1 : 0;
            numbers.set((int) number);
            last = number;
        }

        @Override
        public String toString() {
            return "messages " + messages + " twice " + twice + " corrupt " + corrupt + " disordered " + disordered
                    + " bytes " + bytes;
        }
    }

    private LoadPeer(PeerChannel peer) {
        this.peer = peer;
        peer.channel.addChannelListener(this);
    }

    public static void main(String[] args) throws Exception {
        PeerChannel peer = new PeerChannel(args);
        LoadPeer load = new LoadPeer(peer);
        peer.start();
        peer.run(load::obey);
    }

    private String obey(String[] words) throws InterruptedException {
        switch (words[0]) {
            case "send":
                return sent(words[1].equals("bytes"), Integer.parseInt(words[2]), Integer.parseInt(words[3]),
                        Integer.parseInt(words[4]));
            case "tally":
                return tallied(Integer.parseInt(words[1]));
            case "members":
                return Arrays.toString(peer.ports());
            default:
                return "what is " + words[0] + '?';
        }
    }

    private String sent(boolean asBytes, int count, int size, int options) {
        Member[] members = peer.channel.getMembers();
        int failed = 0;
        long begin = System.nanoTime();
        for (int number = 0; number < count; number++) {
            byte[] body = new byte[size];
            random.nextBytes(body);
            try {
                peer.channel.send(members, asBytes ? bytes(number, body) : list(number, body), options);
            } catch (ChannelException e) {
                failed++;
            }
        }
        return "sent " + count + " failed " + failed + " milliseconds " + (System.nanoTime() - begin) / 1_000_000;
    }

    private static Serializable bytes(long number, byte[] body) {
        ByteBuffer message = ByteBuffer.allocate(HEAD + body.length).putLong(number).putLong(crcOf(body)).put(body);
        return new ByteMessage(message.array());
    }

    private static Serializable list(long number, byte[] body) {
        return new ArrayList<>(List.of(number, body, crcOf(body)));
    }

    private static long crcOf(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        return crc.getValue();
    }

    private synchronized String tallied(int count) throws InterruptedException {
        long deadline = System.currentTimeMillis() + TALLY_LIMIT;
        long left = TALLY_LIMIT;
        while (left > 0 && !isComplete(count)) {
            wait(left);
            left = deadline - System.currentTimeMillis();
        }
        List<String> texts = new ArrayList<>();
        tallies.forEach((port, tally) -> texts.add(port + " " + tally));
        tallies = new TreeMap<>();
        return String.join("; ", texts);
    }

    private boolean isComplete(int count) {
        return tallies.size() == peer.ports().length
                && tallies.values().stream().allMatch(tally -> tally.messages >= count);
    }

    @Override
    public boolean accept(Serializable message, Member sender) {
        return message instanceof ByteMessage || message instanceof List;
    }

    @Override
    public synchronized void messageReceived(Serializable message, Member sender) {
        Tally tally = tallies.computeIfAbsent(sender.getPort(), port -> new Tally());
        if (message instanceof ByteMessage bytes) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes.getMessage());
            long number = buffer.getLong();
            long crc = buffer.getLong();
            tally.add(number, Arrays.copyOfRange(bytes.getMessage(), HEAD, bytes.getMessage().length), crc);
        } else {
            List<?> list = (List<?>) message;
            tally.add((Long) list.get(0), (byte[]) list.get(1), (Long) list.get(2));
        }
        notifyAll();
    }
}
