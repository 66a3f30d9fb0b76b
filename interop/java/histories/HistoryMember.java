import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.ChannelException;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.group.GroupChannel;
import org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor;
import org.apache.catalina.tribes.membership.MemberImpl;
import org.apache.catalina.tribes.tipis.AbstractReplicatedMap.MapEntry;
import org.apache.catalina.tribes.tipis.LazyReplicatedMap;
import org.apache.catalina.tribes.transport.ReceiverBase;

/** A channel of Tomcat's with a map of Tomcat's; its times are a tenth of those of a BackupManager. */
final class HistoryMember {

    private static final long RPC_TIMEOUT = 1_500;
    private static final long ACCESS_TIMEOUT = 500;
    private static final long HEARTBEAT = 500;
    private static final String ADDRESS = "127.0.0.1";
    private static final String MAP = "history";

    private final ToldMembership membership = new ToldMembership();
    private final GroupChannel channel = new GroupChannel();
    private final UnreliableLink link;
    /** Members come and go one after the other, as a membership tells of them. */
    private final ExecutorService announcements = Executors.newSingleThreadExecutor();
    private volatile LazyReplicatedMap<String, Note> map;
    /** What the next entry waits for, between the choice of its backup and its being in the map. */
    private volatile CountDownLatch held = new CountDownLatch(0);

    HistoryMember(long seed) throws Exception {
        link = new UnreliableLink(seed);
        channel.setMembershipService(membership);
        channel.addInterceptor(new MessageDispatchInterceptor());
        channel.addInterceptor(link);
        channel.setHeartbeatSleeptime(HEARTBEAT);
        ReceiverBase receiver = (ReceiverBase) channel.getChannelReceiver();
        receiver.setAddress(ADDRESS);
        receiver.setPort(20_000 + (int) (Math.random() * 30_000));
        receiver.setAutoBind(1_000);
        receiver.setMinThreads(2);
        channel.start(Channel.DEFAULT);
    }

    String identity() {
        Member local = channel.getLocalMember(false);
        return local.getPort() + " " + HexFormat.of().formatHex(local.getUniqueId());
    }

    void come(int port, String uniqueId) throws Exception {
        MemberImpl member = member(port, uniqueId);
        announcements.execute(() -> membership.come(member));
    }

    void go(int port, String uniqueId) throws Exception {
        MemberImpl member = member(port, uniqueId);
        announcements.execute(() -> membership.go(member));
    }

    void cut(int port) {
        link.cut(port);
    }

    void mend(int port) {
        link.mend(port);
    }

    void disturb(double loss) {
        link.disturb(loss);
    }

    void join() {
        ClassLoader[] loaders = { Note.class.getClassLoader() };
        LazyReplicatedMap<String, Note> joined = new LazyReplicatedMap<>(null, channel, RPC_TIMEOUT, MAP, loaders, false) {
            @Override
            protected Member[] publishEntryInfo(Object key, Object value) throws ChannelException {
                Member[] backups = super.publishEntryInfo(key, value);
                try {
                    held.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return backups;
            }
        };
        joined.setChannelSendOptions(Channel.SEND_OPTIONS_USE_ACK | Channel.SEND_OPTIONS_SYNCHRONIZED_ACK);
        joined.setAccessTimeout(ACCESS_TIMEOUT);
        map = joined;
    }

    void hold() {
        held = new CountDownLatch(1);
    }

    void release() {
        held.countDown();
    }

    /** The ports of its backups; "none" when it is not the primary. */
    String put(String key, String text) {
        if (map == null) {
            return "none";
        }
        map.put(key, new Note(text));
        return backups(key);
    }

    /** As `put`. */
    String change(String key, String text) {
        Note note = map == null ? null : map.get(key);
        if (note == null) {
            return "none";
        }
        note.change(text);
        map.replicate(key, false);
        return backups(key);
    }

    String remove(String key) {
        if (map != null) {
            map.remove(key);
        }
        return "removed";
    }

    /** KEY|ROLE|PRIMARY|BACKUPS|TEXT for each entry, with "-" for what there is not; nothing is read as `get` reads it. */
    String dump() {
        List<String> entries = new ArrayList<>();
        if (map != null) {
            for (Map.Entry<String, MapEntry<String, Note>> each : map.entrySetFull()) {
                MapEntry<String, Note> entry = each.getValue();
                String role = entry.isProxy() ? "proxy" : entry.isBackup() ? "backup" : "primary";
                Member primary = entry.getPrimary();
                Note note = entry.getValue();
                entries.add(String.join("|", each.getKey(), role, primary == null ? "-" : String.valueOf(primary.getPort()),
                        ports(entry.getBackupNodes()), note == null ? "-" : note.text()));
            }
        }
        return String.join(" ", entries);
    }

    /** Dies without a goodbye. */
    void crash() throws Exception {
        link.die();
        announcements.shutdownNow();
        channel.stop(Channel.DEFAULT);
    }

    private String backups(String key) {
        MapEntry<String, Note> entry = map.getInternal(key);
        return entry == null || !entry.isPrimary() ? "none" : ports(entry.getBackupNodes());
    }

    private static String ports(Member[] members) {
        List<String> ports = new ArrayList<>();
        if (members != null) {
            for (Member member : members) {
                ports.add(String.valueOf(member.getPort()));
            }
        }
        return ports.isEmpty() ? "-" : String.join(",", ports);
    }

    private static MemberImpl member(int port, String uniqueId) throws Exception {
        MemberImpl member = new MemberImpl(ADDRESS, port, 0);
        member.setUniqueId(HexFormat.of().parseHex(uniqueId));
        return member;
    }
}
