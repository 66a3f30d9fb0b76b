import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.interceptors.NonBlockingCoordinator;

/**
 * A Java program that is no Tomcat and takes part in elections. Arguments: those of {@link PeerChannel}.
 *
 * <p>Commands:
 *
 * <pre>
 * view       what was agreed upon: "COORDINATOR of PORT ..."; "none of" before the first election has ended
 * members    the ports of the others
 * </pre>
 */
public final class CoordinationPeer {

    private CoordinationPeer() {}

    public static void main(String[] args) throws Exception {
        NonBlockingCoordinator coordinator = new NonBlockingCoordinator();
        PeerChannel peer = new PeerChannel(args, coordinator);
        peer.start();
        peer.run(words -> {
            switch (words[0]) {
                case "view":
                    return view(coordinator);
                case "members":
                    return java.util.Arrays.toString(peer.ports());
                default:
                    return "what is " + words[0] + '?';
            }
        });
    }

    private static String view(NonBlockingCoordinator coordinator) {
        Member first = coordinator.getCoordinator();
        List<String> words = new ArrayList<>(List.of(first == null ? "none" : String.valueOf(first.getPort()), "of"));
        for (Member member : coordinator.getView()) {
            words.add(String.valueOf(member.getPort()));
        }
        return String.join(" ", words);
    }
}
