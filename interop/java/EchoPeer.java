import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.Response;
import org.apache.catalina.tribes.group.RpcCallback;
import org.apache.catalina.tribes.group.RpcChannel;

/**
 * A Java program that is no Tomcat and has an RPC service, "echo", which answers with what it is asked; "nothing" with null, and
 * "wait MILLISECONDS" so much later. Arguments: those of {@link PeerChannel}.
 *
 * <p>Commands:
 *
 * <pre>
 * call REPLIES TIMEOUT VALUE   REPLIES: 1 first, 2 majority, 3 all, 4 none; VALUE: text, with _ for blanks, or "values" for one of every sort:
 *                              "answers MILLISECONDS PORT=ANSWER ...", in the order of the ports
 * late                         what has come too late for its call so far: "late PORT=ANSWER ..."
 * asked                        what it was asked so far: "asked PORT=QUESTION ..."
 * members                      the ports of the others
 * close                        ends the service
 * </pre>
 */
public final class EchoPeer implements RpcCallback {

    private final PeerChannel peer;
    private final RpcChannel rpc;
    private final List<String> late = Collections.synchronizedList(new ArrayList<>());
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    private EchoPeer(PeerChannel peer) {
        this.peer = peer;
        rpc = new RpcChannel("echo".getBytes(StandardCharsets.UTF_8), peer.channel, this);
    }

    public static void main(String[] args) throws Exception {
        PeerChannel peer = new PeerChannel(args);
        EchoPeer echo = new EchoPeer(peer);
        peer.start();
        peer.run(echo::obey);
    }

    private String obey(String[] words) throws ChannelException {
        switch (words[0]) {
            case "call":
                return called(Integer.parseInt(words[1]), Long.parseLong(words[2]), words[3]);
            case "late":
                return line("late", late);
            case "asked":
                return line("asked", asked);
            case "members":
                return java.util.Arrays.toString(peer.ports());
            case "close":
                rpc.breakdown();
                return "closed";
            default:
                return "what is " + words[0] + '?';
        }
    }

    private String called(int replies, long timeout, String value) throws ChannelException {
        Serializable message = value.equals("values") ? values() : value.replace('_', ' ');
        long begin = System.nanoTime();
        Response[] responses =
                rpc.send(peer.channel.getMembers(), message, replies, Channel.SEND_OPTIONS_DEFAULT, timeout);
        long milliseconds = (System.nanoTime() - begin) / 1_000_000;
        List<String> answers = new ArrayList<>();
        for (Response response : responses) {
            answers.add(described(response.getSource(), response.getMessage()));
        }
        Collections.sort(answers);
        return line("answers " + milliseconds, answers);
    }

    @Override
    public Serializable replyRequest(Serializable message, Member sender) {
        asked.add(described(sender, message));
        if (message instanceof String text && text.startsWith("wait ")) {
            sleep(Long.parseLong(text.substring("wait ".length())));
        }
        return "nothing".equals(message) ? null : message;
    }

    @Override
    public void leftOver(Serializable message, Member sender) {
        late.add(described(sender, message));
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static ArrayList<Serializable> values() {
        LinkedHashMap<String, Long> map = new LinkedHashMap<>(Map.of("k", 7L));
        return new ArrayList<>(List.of("naïve \uD83D\uDE00", 41, 1L << 40, 0.5, true, new Date(86_400_000), map));
    }

    private static String described(Member member, Serializable message) {
        String text = message instanceof List<?> list ? described(list) : String.valueOf(message);
        return member.getPort() + "=" + text.replace(' ', '_');
    }

    /** With the classes: a Long is no Integer. */
    private static String described(List<?> list) {
        List<String> texts = new ArrayList<>();
        for (Object element : list) {
            Object shown = element instanceof Date date ? (Object) date.getTime() : element;
            texts.add(element.getClass().getSimpleName() + ':' + shown);
        }
        return String.join(",", texts);
    }

    private static String line(String what, List<String> words) {
        return (what + ' ' + String.join(" ", words)).trim();
    }
}
