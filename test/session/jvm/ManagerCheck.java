import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;

import org.apache.catalina.Session;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardEngine;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;
import org.apache.catalina.ha.session.SessionMessageImpl;
import org.apache.catalina.realm.GenericPrincipal;
import org.apache.catalina.tribes.membership.MemberImpl;

/**
 * A real DeltaManager without a cluster. Reads lines from standard input: "new" begins with an empty manager, "dump"
 * answers with a line for each session and "end", anything else is a SessionMessageImpl in hex that the manager
 * receives.
 */
public class ManagerCheck {

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        DeltaManager manager = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals("new")) {
                manager = manager();
            } else if (line.equals("dump")) {
                dump(manager).forEach(out::println);
                out.println("end");
            } else {
                manager.messageDataReceived(message(HexFormat.of().parseHex(line)));
            }
        }
        out.flush();
    }

    private static SessionMessageImpl message(byte[] bytes) throws Exception {
        ObjectInputStream input = new ObjectInputStream(new ByteArrayInputStream(bytes));
        SessionMessageImpl message = (SessionMessageImpl) input.readObject();
        message.setAddress(new MemberImpl("127.0.0.1", 4000, 0));
        return message;
    }

    private static List<String> dump(DeltaManager manager) {
        List<String> sessions = new ArrayList<>();
        for (Session session : manager.findSessions()) {
            sessions.add(describe((DeltaSession) session));
        }
        Collections.sort(sessions);
        return sessions;
    }

    private static String describe(DeltaSession session) {
        TreeMap<String, Object> attributes = new TreeMap<>();
        for (String name : Collections.list(session.getAttributeNames())) {
            attributes.put(name, session.getAttribute(name));
        }
        List<String> shared = new ArrayList<>();
        for (String a : attributes.keySet()) {
            for (String b : attributes.keySet()) {
                if (a.compareTo(b) < 0 && attributes.get(a) == attributes.get(b)) {
                    shared.add(a + "=" + b);
                }
            }
        }
        GenericPrincipal principal = (GenericPrincipal) session.getPrincipal();
        return String.join("|", session.getIdInternal(), "created " + session.getCreationTimeInternal(),
                "interval " + session.getMaxInactiveInterval(), "new " + session.isNew(),
                "auth " + session.getAuthType(),
                principal == null ? "nobody" : principal.getName() + Arrays.toString(principal.getRoles()),
                attributes.toString(), shared.toString(),
                "note " + session.getNote("org.apache.catalina.authenticator.SESSION_ID"));
    }

    private static DeltaManager manager() {
        StandardEngine engine = new StandardEngine();
        engine.setName("Catalina");
        StandardHost host = new StandardHost();
        host.setName("localhost");
        engine.addChild(host);
        StandardContext context = new StandardContext();
        context.setName("/app");
        context.setPath("/app");
        host.addChild(context);
        DeltaManager manager = new DeltaManager();
        manager.setName("localhost#/app");
        manager.setContext(context);
        return manager;
    }
}
