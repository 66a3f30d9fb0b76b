import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelInterceptor;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.transport.ReceiverBase;

/** The channel of a program that is no Tomcat, and the commands that it is given line by line. */
final class PeerChannel {

    /** Answers a command, its words separated by blanks, by one line. */
    interface Commands {
        String obey(String[] words) throws Exception;
    }

    final GroupChannel channel = new GroupChannel();

    /**
     * @param args the address of multicast interface and receiver; address and port of the multicast group; the receiver's port, 0 for any
     * @param top interceptors before those of every channel
     */
    PeerChannel(String[] args, ChannelInterceptor... top) {
        for (ChannelInterceptor interceptor : top) {
            channel.addInterceptor(interceptor);
        }
        channel.addInterceptor(new TcpFailureDetector());
        channel.addInterceptor(new MessageDispatchInterceptor());
        channel.setHeartbeatSleeptime(1_000);
        McastService membership = (McastService) channel.getMembershipService();
        membership.setAddress(args[1]);
        membership.setPort(Integer.parseInt(args[2]));
        membership.setBind(args[0]);
        membership.setFrequency(200);
        membership.setDropTime(2_000);
        int port = Integer.parseInt(args[3]);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(args[0]);
        receiver.setPort(port == 0 ? 20_000 + (int) (ProcessHandle.current().pid() % 20_000) : port);
        receiver.setAutoBind(port == 0 ? 1_000 : 1);
    }

    void start() throws ChannelException {
        channel.start(Channel.DEFAULT);
    }

    /** Says "ready PORT", and obeys until "leave", which ends this JVM, or the end of standard input. */
    void run(Commands commands) throws IOException {
        say("ready " + channel.getLocalMember(false).getPort());
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                if (line.equals("leave")) {
                    channel.stop(Channel.DEFAULT);
                    say("left");
                    break;
                }
                say(commands.obey(line.split(" ")));
            } catch (Exception e) {
                say("failed " + e.toString().replace('\n', ' '));
            }
        }
        System.exit(0); // the channel's threads would keep it alive
    }

    /** The other members' ports, in rising order. */
    int[] ports() {
        return java.util.Arrays.stream(channel.getMembers()).mapToInt(Member::getPort).sorted().toArray();
    }

    private static void say(String line) {
        System.out.println(line);
    }
}
