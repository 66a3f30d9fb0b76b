import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MembershipListener;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.StaticMember;
import org.apache.catalina.tribes.membership.StaticMembershipService;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * A GroupChannel of the default stack, whose members are those of its StaticMembershipService. Arguments: host, receiver
 * port, milliseconds between its heartbeats and until members expire, then the ports of the list, its own among them; the
 * last byte pair of each id is the port. Tells "added PORT ID" and "disappeared PORT COMMAND"; answers "members" with their
 * ports in order, and ends with "stop".
 */
public final class StaticPeer implements MembershipListener {

    private final GroupChannel channel = new GroupChannel();

    private StaticPeer(String[] args) throws Exception {
        channel.setName("Catalina-Channel");
        channel.setHeartbeatSleeptime(Long.parseLong(args[2]));
        StaticMembershipService membership = new StaticMembershipService();
        membership.setExpirationTime(Long.parseLong(args[2]));
        for (int i = 3; i < args.length; i++) {
            int port = Integer.parseInt(args[i]);
            StaticMember member = new StaticMember(args[0], port, 0);
            byte[] id = new byte[16];
            id[14] = (byte) (port >> 8);
            id[15] = (byte) port;
            member.setUniqueId(id);
            membership.addStaticMember(member);
        }
        channel.setMembershipService(membership);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(args[0]);
        receiver.setPort(Integer.parseInt(args[1]));
        receiver.setAutoBind(1);
        channel.addInterceptor(new TcpFailureDetector());
        channel.addInterceptor(new MessageDispatchInterceptor());
        channel.addMembershipListener(this);
        channel.start(Channel.DEFAULT);
        Member local = channel.getLocalMember(false);
        say("started " + local.getPort() + " " + HexFormat.of().formatHex(local.getUniqueId()));
    }

    public static void main(String[] args) throws Exception {
        StaticPeer peer = new StaticPeer(args);
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("stop"); line = input.readLine()) {
            List<String> ports = new ArrayList<>();
            for (Member member : peer.channel.getMembers()) {
                ports.add(String.valueOf(member.getPort()));
            }
            say("members " + String.join(" ", ports));
        }
        peer.channel.stop(Channel.DEFAULT);
        say("stopped");
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    @Override
    public void memberAdded(Member member) {
        say("added " + member.getPort() + " " + HexFormat.of().formatHex(member.getUniqueId()));
    }

    @Override
    public void memberDisappeared(Member member) {
        say("disappeared " + member.getPort() + " " + new String(member.getCommand(), StandardCharsets.ISO_8859_1));
    }
}
