import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MembershipListener;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.cloud.CloudMembershipService;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * A GroupChannel of the default stack, whose members are those of its CloudMembershipService. Arguments: provider, host,
 * receiver port, milliseconds between its heartbeats; members expire after three times that. Tells "added HOST ID" and
 * "disappeared HOST"; answers "members" with their hosts in alphabetical order, "send" with "sent" when all members have acknowledged a
 * message, and ends with "stop".
 */
public final class CloudPeer implements MembershipListener {

    private final GroupChannel channel = new GroupChannel();

    private CloudPeer(String[] args) throws Exception {
        long heartbeat = Long.parseLong(args[3]);
        channel.setHeartbeatSleeptime(heartbeat);
        CloudMembershipService membership = new CloudMembershipService();
        membership.setMembershipProviderClassName(args[0]);
        membership.setExpirationTime(3 * heartbeat);
        channel.setMembershipService(membership);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(args[1]);
        receiver.setPort(Integer.parseInt(args[2]));
        receiver.setAutoBind(1);
        channel.addInterceptor(new TcpFailureDetector());
        channel.addInterceptor(new MessageDispatchInterceptor());
        channel.addMembershipListener(this);
        channel.start(Channel.DEFAULT);
        say("started " + HexFormat.of().formatHex(channel.getLocalMember(false).getUniqueId()));
    }

    public static void main(String[] args) throws Exception {
        CloudPeer peer = new CloudPeer(args);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("stop"); line = input.readLine()) {
            if (line.equals("send")) {
                peer.send();
            } else {
                Set<String> hosts = new TreeSet<>();
                for (Member member : peer.channel.getMembers()) {
                    hosts.add(host(member));
                }
                say("members " + String.join(" ", hosts));
            }
        }
        peer.channel.stop(Channel.DEFAULT);
        say("stopped");
        System.exit(0);
    }

    private void send() {
        try {
            channel.send(channel.getMembers(), "a message", Channel.SEND_OPTIONS_USE_ACK);
            say("sent");
        } catch (ChannelException e) {
            say("failed " + e.getMessage());
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private static String host(Member member) {
        try {
            return InetAddress.getByAddress(member.getHost()).getHostAddress();
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void memberAdded(Member member) {
        say("added " + host(member) + " " + HexFormat.of().formatHex(member.getUniqueId()));
    }

    @Override
    public void memberDisappeared(Member member) {
        say("disappeared " + host(member));
    }
}
