import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelMessage;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.ChannelInterceptorBase;
import org.apache.catalina.tribes.group.InterceptorPayload;

/**
 * A bad network under a channel, as its sender sees it: links that are cut, messages that come late, twice or not at all, and
 * acknowledgements that get lost. `unreliable-transmitter.ts` is the same.
 */
final class UnreliableLink extends ChannelInterceptorBase {

    private static final double LATE = 0.1;
    private static final int LATEST = 60;
    private static final int USUAL = 4;
    private static final double TWICE = 0.02;

    private final Set<Integer> cut = ConcurrentHashMap.newKeySet();
    private final Random random;
    private volatile double loss;
    private volatile boolean dead;

    UnreliableLink(long seed) {
        this.random = new Random(seed);
    }

    void cut(int port) {
        cut.add(port);
    }

    void mend(int port) {
        cut.remove(port);
    }

    /** Chance of a message to be lost, and of its acknowledgement. */
    void disturb(double chance) {
        loss = chance;
    }

    /** Nothing comes or goes any more. */
    void die() {
        dead = true;
    }

    @Override
    public void sendMessage(Member[] destination, ChannelMessage message, InterceptorPayload payload) throws ChannelException {
        boolean late = random.nextDouble() < LATE;
        sleep(random.nextInt(late ? LATEST : USUAL));
        boolean acknowledged = (message.getOptions() & Channel.SEND_OPTIONS_USE_ACK) != 0;
        List<Member> reached = new ArrayList<>();
        List<Member> twice = new ArrayList<>();
        ChannelException failure = new ChannelException("a bad network");
        for (Member member : destination) {
            boolean unreachable = dead || cut.contains(member.getPort());
            boolean lost = unreachable || random.nextDouble() < loss;
            if (!lost) {
                reached.add(member);
                if (random.nextDouble() < TWICE) {
                    twice.add(member);
                }
            }
            if (unreachable || acknowledged && (lost || random.nextDouble() < loss)) {
                failure.addFaultyMember(member, new IllegalStateException("a bad network"));
            }
        }
        for (List<Member> members : List.of(reached, twice)) {
            try {
                if (!members.isEmpty()) {
                    super.sendMessage(members.toArray(new Member[0]), message, payload);
                }
            } catch (ChannelException e) {
                failure.addFaultyMember(e.getFaultyMembers());
            }
        }
        if (failure.getFaultyMembers().length > 0) {
            throw failure;
        }
    }

    @Override
    public void messageReceived(ChannelMessage message) {
        if (!dead) {
            super.messageReceived(message);
        }
    }

    private static void sleep(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
