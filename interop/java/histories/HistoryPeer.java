import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Members with Tomcat's own channels and maps, any number of them in this process.
 *
 * <p>Standard input, one command a line; each is answered by one line on standard output, NUMBER and what it answers, or
 * NUMBER failed and why, in the order in which they end:
 *
 * <pre>
 * NUMBER open MEMBER SEED            PORT UNIQUEID
 * NUMBER come|go MEMBER PORT UNIQUEID
 * NUMBER cut|mend MEMBER PORT
 * NUMBER disturb MEMBER LOSS
 * NUMBER join MEMBER
 * NUMBER hold MEMBER                 whatever it publishes from now on waits, between the choice of a backup and the rest
 * NUMBER release MEMBER              until then
 * NUMBER put|change MEMBER KEY TEXT  the ports of its backups, or none when it is not the primary
 * NUMBER remove MEMBER KEY
 * NUMBER dump MEMBER
 * NUMBER crash MEMBER
 * </pre>
 */
public final class HistoryPeer {

    /** What a member is told of others. */
    private static final Set<String> TOLD = Set.of("come", "go", "cut", "mend");

    private static final Map<String, HistoryMember> members = new ConcurrentHashMap<>();

    private HistoryPeer() {}

    public static void main(String[] args) throws Exception {
        ExecutorService commands = Executors.newCachedThreadPool();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            commands.execute(() -> obey(words));
        }
        System.exit(0); // the threads of the channels would keep it alive
    }

    private static void obey(String[] words) {
        String answer;
        try {
            answer = answer(words[1], words[2], Arrays.copyOfRange(words, 3, words.length));
        } catch (Exception e) {
            answer = "failed " + e.toString().replace('\n', ' ');
        }
        synchronized (System.out) {
            System.out.println(words[0] + " " + answer);
        }
    }

    private static String answer(String command, String name, String[] words) throws Exception {
        if (command.equals("open")) {
            HistoryMember member = new HistoryMember(Long.parseLong(words[0]));
            members.put(name, member);
            return member.identity();
        }
        HistoryMember member = members.get(name);
        if (member == null && TOLD.contains(command)) {
            return "done"; // it has crashed just before
        }
        switch (command) {
            case "come":
                member.come(Integer.parseInt(words[0]), words[1]);
                break;
            case "go":
                member.go(Integer.parseInt(words[0]), words[1]);
                break;
            case "cut":
                member.cut(Integer.parseInt(words[0]));
                break;
            case "mend":
                member.mend(Integer.parseInt(words[0]));
                break;
            case "disturb":
                member.disturb(Double.parseDouble(words[0]));
                break;
            case "join":
                member.join();
                break;
            case "hold":
                member.hold();
                break;
            case "release":
                member.release();
                break;
            case "put":
                return member.put(words[0], words[1]);
            case "change":
                return member.change(words[0], words[1]);
            case "remove":
                return member.remove(words[0]);
            case "dump":
                return member.dump();
            case "crash":
                members.remove(name);
                member.crash();
                break;
            default:
                throw new IllegalArgumentException(command);
        }
        return "done";
    }
}
