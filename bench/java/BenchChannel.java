import java.io.Serializable;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelListener;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.transport.ReceiverBase;
import org.apache.catalina.tribes.transport.ReplicationTransmitter;
import org.apache.catalina.tribes.transport.nio.PooledParallelSender;

/**
 * One of Tomcat's own channels on loopback. One interceptor keeps GroupChannel from adding its asynchronous dispatcher: that
 * one would send one session's messages out of order, over several connections.
 */
final class BenchChannel {

    static final int ACKNOWLEDGED_WHEN_PROCESSED =
            Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK;

    private static final String ADDRESS = "127.0.0.1";

    /** A backlog of the receiver is what is measured here, not an error. */
    private static final int PATIENCE_MILLIS = 30_000;

    private BenchChannel() {
    }

    /** A channel without membership, which is told whom to send to. */
    static GroupChannel open() throws ChannelException {
        GroupChannel channel = make();
        channel.start(Channel.SND_RX_SEQ | Channel.SND_TX_SEQ);
        return channel;
    }

    /** A whole member of that group. It has no web application, and says so when it is asked for sessions. */
    static GroupChannel join(String group, int port) throws ChannelException {
        GroupChannel channel = make();
        McastService membership = (McastService) channel.getMembershipService();
        membership.setAddress(group);
        membership.setPort(port);
        membership.setBind(ADDRESS);
        channel.addChannelListener(new WithoutSessions(channel));
        channel.start(Channel.DEFAULT);
        return channel;
    }

    private static GroupChannel make() {
        GroupChannel channel = new GroupChannel();
        channel.addInterceptor(new TcpFailureDetector());
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(ADDRESS);
        receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
        receiver.setAutoBind(1000);
        PooledParallelSender transport =
                (PooledParallelSender) ((ReplicationTransmitter) channel.getChannelSender()).getTransport();
        transport.setTimeout(PATIENCE_MILLIS);
        // Two threads that send at a time would make two connections, between which what is sent then takes turns.
        transport.setPoolSize(1);
        transport.setMaxWait(PATIENCE_MILLIS);
        return channel;
    }

    /** Answers as `ClusterSessionListener.messageReceived` does for a context that it does not have. */
    private static final class WithoutSessions implements ChannelListener {
        private final GroupChannel channel;

        WithoutSessions(GroupChannel channel) {
            this.channel = channel;
        }

        @Override
        public boolean accept(Serializable message, Member sender) {
            return message instanceof SessionMessage;
        }

        @Override
        public void messageReceived(Serializable message, Member sender) {
            SessionMessage asked = (SessionMessage) message;
            if (asked.getEventType() != SessionMessage.EVT_GET_ALL_SESSIONS) {
                return;
            }
            String context = asked.getContextName() == null ? Traffic.CONTEXT : asked.getContextName();
            SessionMessageImpl answer = new SessionMessageImpl(context, SessionMessage.EVT_ALL_SESSION_NOCONTEXTMANAGER,
                    null, "NO-CONTEXT-MANAGER", "NO-CONTEXT-MANAGER-" + context);
            answer.setTimestamp(System.currentTimeMillis());
            try {
                channel.send(new Member[] { sender }, answer, ACKNOWLEDGED_WHEN_PROCESSED);
            } catch (ChannelException e) {
                e.printStackTrace();
            }
        }
    }
}
