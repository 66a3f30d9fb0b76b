import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.group.interceptors.TcpFailureDetector;
import org.apache.catalina.tribes.membership.McastService;
import org.apache.catalina.tribes.tipis.AbstractReplicatedMap;
import org.apache.catalina.tribes.tipis.ReplicatedMap;
import org.apache.catalina.tribes.transport.ReceiverBase;

/**
 * A Java program that is no Tomcat and has a replicated map. Arguments: the address of multicast interface and receiver, address and port
 * of the multicast group, the name of the map.
 *
 * <p>Standard input, one command a line; each is answered by one line on standard output:
 *
 * <pre>
 * put KEY integer|long|double|string|boolean|date|list|map|ints VALUE
 * remove KEY
 * list          {KEY=CLASS VALUE, ...} in the order of the keys; nothing is read as the map's get would read it
 * members       how many others have the map
 * leave         says goodbye, and ends
 * </pre>
 */
public final class MapPeer {

    private static final long RPC_TIMEOUT = 5_000;

    private MapPeer() {}

    public static void main(String[] args) throws Exception {
        GroupChannel channel = channel(args[0], args[1], Integer.parseInt(args[2]));
        channel.start(Channel.DEFAULT);
        ReplicatedMap<String, Object> map =
                new ReplicatedMap<>(null, channel, RPC_TIMEOUT, args[3], new ClassLoader[] { MapPeer.class.getClassLoader() });
        map.setChannelSendOptions(Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK);
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "put":
                    map.put(words[1], value(words[2], words[3]));
                    System.out.println("put");
                    break;
                case "remove":
                    map.remove(words[1]);
                    System.out.println("removed");
                    break;
                case "list":
                    System.out.println(listed(map));
                    break;
                case "members":
                    System.out.println(map.getMapMembers().length);
                    break;
                case "leave":
                    map.breakdown();
                    channel.stop(Channel.DEFAULT);
                    System.out.println("left");
                    System.exit(0);
                    break;
                default:
                    System.out.println("what is " + words[0] + '?');
            }
        }
        System.exit(0); // the channel's threads would keep it alive
    }

    private static GroupChannel channel(String address, String group, int port) {
        GroupChannel channel = new GroupChannel();
        channel.addInterceptor(new TcpFailureDetector());
        channel.addInterceptor(new MessageDispatchInterceptor());
        channel.setHeartbeatSleeptime(1_000);
        McastService membership = (McastService) channel.getMembershipService();
        membership.setAddress(group);
        membership.setPort(port);
        membership.setBind(address);
        membership.setFrequency(200);
        membership.setDropTime(2_000);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(address);
        receiver.setPort(20_000 + (int) (ProcessHandle.current().pid() % 20_000));
        receiver.setAutoBind(1000);
        return channel;
    }

    private static Object value(String type, String text) {
        switch (type) {
            case "integer":
                return Integer.valueOf(text);
            case "long":
                return Long.valueOf(text);
            case "double":
                return Double.valueOf(text);
            case "boolean":
                return Boolean.valueOf(text);
            case "date":
                return new Date(Long.parseLong(text));
            case "list":
                return new ArrayList<>(List.of(text.split(",")));
            case "map":
                return new LinkedHashMap<>(Map.of("key", text));
            case "ints":
                return Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
            default:
                return text;
        }
    }

    private static Map<String, String> listed(ReplicatedMap<String, Object> map) {
        Map<String, String> sorted = new TreeMap<>();
        for (Object key : map.keySetFull()) {
            AbstractReplicatedMap.MapEntry<String, Object> entry = map.getInternal(key);
            Object value = entry == null ? null : entry.getValue();
            if (value != null) {
                sorted.put((String) key, value.getClass().getName() + ' ' + text(value));
            }
        }
        return sorted;
    }

    private static String text(Object value) {
        if (value instanceof int[] ints) {
            return Arrays.toString(ints);
        }
        return value instanceof Date date ? String.valueOf(date.getTime()) : value.toString();
    }
}
