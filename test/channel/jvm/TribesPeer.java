import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.catalina.tribes.ByteMessage;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.ChannelInterceptor;
import org.apache.catalina.tribes.ChannelListener;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.MembershipListener;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.Response;
import org.apache.catalina.tribes.group.RpcCallback;
import org.apache.catalina.tribes.group.RpcChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.NonBlockingCoordinator;
import org.apache.catalina.tribes.group.interceptors.StaticMembershipInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.membership.StaticMember;
import org.apache.catalina.tribes.tipis.AbstractReplicatedMap;
import org.apache.catalina.tribes.tipis.LazyReplicatedMap;
import org.apache.catalina.tribes.tipis.ReplicatedMap;
import org.apache.catalina.tribes.transport.ReceiverBase;
import org.apache.tomcat.util.IntrospectionUtils;

/**
 * A member of a cluster with Tomcat's own channel, driven by lines on standard input. Arguments: multicast address,
 * multicast port, frequency, receiver port, and the interceptors, each as Name;attribute=value;attribute=value; by
 * default those of Tomcat. "domain=text" is the domain of the member,
 * "udp=PORT" the udpPort of its receiver, "start=3" the channelStartOptions. Its log is standard error.
 */
public final class TribesPeer implements ChannelListener, MembershipListener, RpcCallback {

    private static final int RPC_TIMEOUT = 15_000;

    private final GroupChannel channel = new GroupChannel();
    private final RpcChannel rpc;

    private TribesPeer(String group, int port, int frequency, int receiverPort, List<String> interceptors)
            throws ReflectiveOperationException, ChannelException {
        McastService membership = (McastService) channel.getMembershipService();
        membership.setAddress(group);
        membership.setPort(port);
        membership.setFrequency(frequency);
        membership.setBind("127.0.0.1");
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress("127.0.0.1");
        receiver.setPort(receiverPort);
        int level = Channel.DEFAULT;
        for (String description : interceptors) {
            if (description.startsWith("start=")) {
                level = Integer.parseInt(description.substring("start=".length()));
            } else if (description.startsWith("udp=")) {
                receiver.setUdpPort(Integer.parseInt(description.substring("udp=".length())));
            } else if (description.startsWith("domain=")) {
                membership.setDomain(description.substring("domain=".length()));
            } else {
                channel.addInterceptor(interceptor(description));
            }
        }
        if (interceptors.isEmpty()) {
            channel.addInterceptor(new MessageDispatchInterceptor());
            channel.addInterceptor(new TcpFailureDetector());
        }
        channel.addChannelListener(this);
        channel.addMembershipListener(this);
        rpc = new RpcChannel("peer".getBytes(StandardCharsets.ISO_8859_1), channel, this);
        channel.start(level);
    }

    private static ChannelInterceptor interceptor(String description) throws ReflectiveOperationException {
        String[] words = description.split(";");
        String name = "org.apache.catalina.tribes.group.interceptors." + words[0];
        ChannelInterceptor interceptor = (ChannelInterceptor) Class.forName(name).getDeclaredConstructor().newInstance();
        for (int i = 1; i < words.length; i++) {
            String[] attribute = words[i].split("=", 2);
            if (attribute[0].equals("member")) {
                ((StaticMembershipInterceptor) interceptor).addStaticMember(staticMember(attribute[1].split(":", 2)));
            } else if (attribute[0].equals("localMember")) {
                StaticMember local = new StaticMember();
                local.setUniqueId(attribute[1]);
                ((StaticMembershipInterceptor) interceptor).setLocalMember(local);
            } else if (!IntrospectionUtils.setProperty(interceptor, attribute[0], attribute[1])) {
                throw new IllegalArgumentException(description);
            }
        }
        return interceptor;
    }

    /** A port, and the unique id of the member at it. */
    private static StaticMember staticMember(String[] words) {
        try {
            StaticMember member = new StaticMember("127.0.0.1", Integer.parseInt(words[0]), 0);
            member.setUniqueId(words[1]);
            return member;
        } catch (IOException e) {
            throw new IllegalArgumentException(e);
        }
    }

    public static void main(String[] args) throws Exception {
        TribesPeer peer = new TribesPeer(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2]),
                Integer.parseInt(args[3]), Arrays.asList(args).subList(4, args.length));
        say("started " + peer.channel.getLocalMember(false).getPort());
        // Calls of a map or of an RPC service block: members must not wait for them.
        ExecutorService commands = Executors.newSingleThreadExecutor();
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        boolean stopped = false;
        for (String line = input.readLine(); line != null && !stopped; line = input.readLine()) {
            String[] words = line.split(" ", 4);
            if (words[0].equals("stop")) {
                stopped = true;
                break;
            }
            commands.execute(() -> peer.obey(words));
        }
        commands.shutdownNow();
        if (stopped) {
            peer.channel.stop(Channel.DEFAULT);
            say("stopped");
        }
        System.exit(0);
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private void obey(String[] words) {
        long begin = System.nanoTime();
        try {
            switch (words[0]) {
                case "send":
                    channel.send(channel.getMembers(), message(words[2], words[3]), Integer.parseInt(words[1]));
                    say("sent " + words[2]);
                    break;
                case "rpc":
                    Response[] answers = rpc.send(channel.getMembers(), "question", Integer.parseInt(words[1]),
                            Integer.parseInt(words[2]), RPC_TIMEOUT);
                    say("answers " + answers.length + " after " + millisecondsSince(begin));
                    break;
                case "map":
                    AbstractReplicatedMap<String, String> map = map(words[1], words[2]);
                    say("map " + words[1] + " after " + millisecondsSince(begin));
                    map.put("key", "value");
                    say("put " + map.get("key") + " after " + millisecondsSince(begin));
                    channel.heartbeat();
                    map.breakdown();
                    say("map ended after " + millisecondsSince(begin));
                    break;
                case "members":
                    List<String> ports = new ArrayList<>();
                    for (Member member : channel.getMembers()) {
                        ports.add(member.getPort() + "/" + HexFormat.of().formatHex(member.getUniqueId()));
                    }
                    say("members " + String.join(" ", ports));
                    break;
                case "view":
                    say("view " + view());
                    break;
                default:
                    say("unknown " + words[0]);
            }
        } catch (Exception e) {
            say("failed " + words[0] + " after " + millisecondsSince(begin) + " " + cause(e));
        }
    }

    /** Ports of what the NonBlockingCoordinator has agreed upon, the coordinator first. */
    private String view() {
        ChannelInterceptor interceptor = channel.getFirstInterceptor();
        while (!(interceptor instanceof NonBlockingCoordinator)) {
            interceptor = interceptor.getNext();
        }
        NonBlockingCoordinator coordinator = (NonBlockingCoordinator) interceptor;
        List<String> ports = new ArrayList<>();
        for (Member member : coordinator.getView()) {
            ports.add(String.valueOf(member.getPort()));
        }
        Member first = coordinator.getCoordinator();
        return (first == null ? "none" : first.getPort()) + " of " + String.join(" ", ports);
    }

    private static long millisecondsSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    private static String cause(Throwable e) {
        String text = e.toString();
        if (e instanceof ChannelException) {
            for (ChannelException.FaultyMember faulty : ((ChannelException) e).getFaultyMembers()) {
                text += " " + faulty.getMember().getPort() + " " + faulty.getCause();
            }
        }
        return text.replace('\n', ' ');
    }

    private static Serializable message(String kind, String text) {
        switch (kind) {
            case "string":
                return text;
            case "long":
                return "x".repeat(Integer.parseInt(text));
            case "bytes":
                return new ByteMessage(HexFormat.of().parseHex(text));
            default:
                return new ArrayList<>(Arrays.asList(text, 42, new Date(1_700_000_000_000L)));
        }
    }

    private AbstractReplicatedMap<String, String> map(String kind, String name) {
        AbstractReplicatedMap.MapOwner owner = (key, value) -> { };
        ClassLoader[] loaders = { TribesPeer.class.getClassLoader() };
        return kind.equals("lazy") ? new LazyReplicatedMap<>(owner, channel, RPC_TIMEOUT, name, loaders)
                : new ReplicatedMap<>(owner, channel, RPC_TIMEOUT, name, loaders);
    }

    @Override
    public boolean accept(Serializable message, Member sender) {
        return message instanceof ByteMessage || message instanceof String || message instanceof List;
    }

    @Override
    public void messageReceived(Serializable message, Member sender) {
        String text = message instanceof String && ((String) message).length() > 1000
                ? "long " + ((String) message).length() + " " + message.hashCode()
                : message instanceof ByteMessage
                ? "bytes " + HexFormat.of().formatHex(((ByteMessage) message).getMessage())
                : message.getClass().getSimpleName() + " " + message;
        say("received " + text + " from " + sender.getPort());
        if (message.equals("fail")) {
            throw new IllegalStateException("as told");
        }
    }

    @Override
    public void memberAdded(Member member) {
        say("added " + member.getPort() + " " + HexFormat.of().formatHex(member.getUniqueId()));
    }

    @Override
    public void memberDisappeared(Member member) {
        say("disappeared " + member.getPort() + " " + new String(member.getCommand(), StandardCharsets.ISO_8859_1));
    }

    @Override
    public Serializable replyRequest(Serializable message, Member sender) {
        return "answer to " + message;
    }

    @Override
    public void leftOver(Serializable message, Member sender) {
        say("left over " + message);
    }
}
