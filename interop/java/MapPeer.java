import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.tipis.AbstractReplicatedMap;
import org.apache.catalina.tribes.tipis.ReplicatedMap;

/**
 * A Java program that is no Tomcat and has a replicated map. Arguments: those of {@link PeerChannel}, and the name of the map.
 *
 * <p>Standard input, one command a line; each is answered by one line on standard output:
 *
 * <pre>
 * put KEY integer|long|double|string|boolean|date|list|map|ints VALUE
 * remove KEY
 * list          {KEY=CLASS VALUE, ...} in the order of the keys; nothing is read as the map's get would read it
 * members       how many others have the map
 * close         leaves the map
 * leave         leaves the channel, and ends
 * </pre>
 */
public final class MapPeer {

    private static final long RPC_TIMEOUT = 5_000;

    private MapPeer() {}

    public static void main(String[] args) throws Exception {
        PeerChannel peer = new PeerChannel(args);
        peer.start();
        ReplicatedMap<String, Object> map =
                new ReplicatedMap<>(null, peer.channel, RPC_TIMEOUT, args[4], new ClassLoader[] { MapPeer.class.getClassLoader() });
        map.setChannelSendOptions(Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK);
        peer.run(words -> obey(map, words));
    }

    private static String obey(ReplicatedMap<String, Object> map, String[] words) {
        switch (words[0]) {
            case "put":
                map.put(words[1], value(words[2], words[3]));
                return "put";
            case "remove":
                map.remove(words[1]);
                return "removed";
            case "list":
                return listed(map).toString();
            case "members":
                return String.valueOf(map.getMapMembers().length);
            case "close":
                map.breakdown();
                return "closed";
            default:
                return "what is " + words[0] + '?';
        }
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
