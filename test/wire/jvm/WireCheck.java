import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

import org.apache.catalina.Session;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardEngine;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.DeltaSession;
import org.apache.catalina.realm.GenericPrincipal;
import org.apache.catalina.tribes.Channel;
import org.apache.catalina.tribes.io.ChannelData;
import org.apache.catalina.tribes.io.XByteBuffer;
import org.apache.catalina.tribes.membership.MemberImpl;

/**
 * Reads lines "layout hex" from standard input, lets the real classes of Tomcat read the bytes, and answers each with a
 * line of hex: what Tomcat writes of what it read, or for some layouts a text about it; or "! " and the exception.
 */
public class WireCheck {

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            try {
                byte[] bytes = words.length > 1 ? HexFormat.of().parseHex(words[1]) : new byte[0];
                System.out.println(HexFormat.of().formatHex(answer(words[0], bytes)));
            } catch (Exception e) {
                System.out.println("! " + e);
            }
        }
    }

    private static byte[] answer(String layout, byte[] bytes) throws Exception {
        switch (layout) {
            case "member":
                return MemberImpl.getMember(bytes).getData(false);
            case "channel-data":
                return XByteBuffer.createDataPackage((ChannelData) ChannelData.getDataFromPackage(bytes));
            case "object":
                return write(read(bytes));
            case "delta": {
                DeltaRequest request = new DeltaRequest();
                request.readExternal(input(bytes));
                return serialize(request);
            }
            case "sessions":
                return sessions(bytes);
            case "options":
                return Channel.getSendOptionsAsString(bytes[0]).getBytes(StandardCharsets.US_ASCII);
            case "parse-options":
                return new byte[] { (byte) Channel.parseSendOptions(new String(bytes, StandardCharsets.US_ASCII)) };
            default:
                throw new IllegalArgumentException("unknown layout " + layout);
        }
    }

    /** DeltaRequest.serialize is protected in some releases. */
    private static byte[] serialize(DeltaRequest request) throws Exception {
        Method serialize = DeltaRequest.class.getDeclaredMethod("serialize");
        serialize.setAccessible(true);
        return (byte[]) serialize.invoke(request);
    }

    /** What a DeltaManager makes of a session list; loading it counts as an access, so that times are not compared. */
    private static byte[] sessions(byte[] bytes) throws Exception {
        DeltaManager manager = manager();
        Method deserialize = DeltaManager.class.getDeclaredMethod("deserializeSessions", byte[].class);
        deserialize.setAccessible(true);
        deserialize.invoke(manager, (Object) bytes);
        StringBuilder text = new StringBuilder();
        for (Session session : manager.findSessions()) {
            text.append(describe((DeltaSession) session)).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String describe(DeltaSession session) {
        Map<String, Object> attributes = new TreeMap<>();
        for (String name : Collections.list(session.getAttributeNames())) {
            attributes.put(name, session.getAttribute(name));
        }
        GenericPrincipal principal = (GenericPrincipal) session.getPrincipal();
        return String.join("|", session.getIdInternal(), String.valueOf(session.getCreationTimeInternal()),
                String.valueOf(session.getMaxInactiveInterval()),
                principal == null ? "null" : principal.getName() + Arrays.toString(principal.getRoles()),
                attributes.toString(), String.valueOf(session.getNote("org.apache.catalina.authenticator.SESSION_ID")));
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

    private static ObjectInputStream input(byte[] bytes) throws Exception {
        return new ObjectInputStream(new ByteArrayInputStream(bytes));
    }

    private static Object read(byte[] bytes) throws Exception {
        return input(bytes).readObject();
    }

    private static byte[] write(Object object) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
            output.writeObject(object);
        }
        return bytes.toByteArray();
    }
}
