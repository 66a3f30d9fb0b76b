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
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * A bare GroupChannel, whose members are those of its McastService. Arguments: multicast address, multicast port,
 * receiver port, domain. Tells "added PORT ID DOMAIN PAYLOAD" and "disappeared PORT COMMAND"; answers "members" with
 * their ports in order, and ends with "stop".
 */
public final class MembershipPeer implements MembershipListener {

    private final GroupChannel channel = new GroupChannel();

    private MembershipPeer(String[] args) throws Exception {
        McastService membership = (McastService) channel.getMembershipService();
        membership.setAddress(args[0]);
        membership.setPort(Integer.parseInt(args[1]));
        membership.setBind("127.0.0.1");
        membership.setFrequency(50);
        membership.setDropTime(1000);
        membership.setDomain(args[3]);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress("127.0.0.1");
        receiver.setPort(Integer.parseInt(args[2]));
        channel.addMembershipListener(this);
        channel.start(Channel.DEFAULT);
        Member local = channel.getLocalMember(false);
        say("started " + local.getPort() + " " + HexFormat.of().formatHex(local.getUniqueId()));
    }

    public static void main(String[] args) throws Exception {
        MembershipPeer peer = new MembershipPeer(args);
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

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void memberAdded(Member member) {
        say("added " + member.getPort() + " " + HexFormat.of().formatHex(member.getUniqueId()) + " "
                + text(member.getDomain()) + " " + text(member.getPayload()));
    }

    @Override
    public void memberDisappeared(Member member) {
        say("disappeared " + member.getPort() + " " + text(member.getCommand()));
    }
}
