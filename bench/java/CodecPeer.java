import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.catalina.Session;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.core.StandardEngine;
import org.apache.catalina.core.StandardHost;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;

/**
 * Reads and writes Java streams as fast as a JVM does. Answers each line of standard input with one line:
 *
 * <pre>
 * session             a session list of a real DeltaManager with one session, in hex
 * load NAME HEX…      the numbers of the streams that are read, and written again byte for byte; they become NAME
 * read NAME MILLIS    bytes in a second, read over and over for so long
 * write NAME MILLIS   the same, written
 * </pre>
 */
public final class CodecPeer {

    /** Where results go, so that the compiler cannot leave the work out. */
    static volatile Object sink;

    private final Map<String, List<Stream>> corpora = new HashMap<>();

    public static void main(String[] args) throws Exception {
        CodecPeer peer = new CodecPeer();
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(peer.answer(line.split(" ")));
        }
    }

    private String answer(String[] words) throws Exception {
        switch (words[0]) {
            case "session":
                return HexFormat.of().formatHex(sessionList());
            case "load":
                return load(words[1], Arrays.copyOfRange(words, 2, words.length));
            case "read":
                return String.valueOf(measure(corpora.get(words[1]), Integer.parseInt(words[2]), Stream::read));
            case "write":
                return String.valueOf(measure(corpora.get(words[1]), Integer.parseInt(words[2]), Stream::write));
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    private String load(String name, String[] streams) {
        List<Stream> corpus = new ArrayList<>();
        StringBuilder kept = new StringBuilder();
        for (int i = 0; i < streams.length; i++) {
            try {
                Stream stream = new Stream(HexFormat.of().parseHex(streams[i]));
                if (Arrays.equals(stream.bytes, stream.write())) {
                    corpus.add(stream);
                    kept.append(kept.length() == 0 ? "" : " ").append(i);
                }
            } catch (IOException | ClassNotFoundException e) {
                System.err.println("stream " + i + " is left out: " + e);
            }
        }
        corpora.put(name, corpus);
        return kept.toString();
    }

    private interface Work {
        Object on(Stream stream) throws Exception;
    }

    private static long measure(List<Stream> corpus, int millis, Work work) throws Exception {
        long pass = corpus.stream().mapToLong(stream -> stream.bytes.length).sum();
        long bytes = 0;
        long begin = System.nanoTime();
        long elapsed;
        do {
            for (Stream stream : corpus) {
                sink = work.on(stream);
            }
            bytes += pass;
            elapsed = System.nanoTime() - begin;
        } while (elapsed < millis * 1_000_000L);
        return Math.round(bytes * 1e9 / elapsed);
    }

    /** One stream, and what it holds: objects, and the primitive data between them. */
    private static final class Stream {
        final byte[] bytes;
        private final Object[] objects;
        /** At each place the length of primitive data, or 0 for an object. */
        private final int[] primitives;

        Stream(byte[] bytes) throws IOException, ClassNotFoundException {
            this.bytes = bytes;
            List<Object> contents = new ArrayList<>();
            List<Integer> lengths = new ArrayList<>();
            ObjectInputStream input = new ObjectInputStream(new ByteArrayInputStream(bytes));
            for (boolean more = true; more;) {
                int length = input.available();
                try {
                    contents.add(length > 0 ? input.readNBytes(length) : input.readObject());
                    lengths.add(length);
                } catch (EOFException e) {
                    more = false;
                }
            }
            objects = contents.toArray();
            primitives = lengths.stream().mapToInt(Integer::intValue).toArray();
        }

        Object read() throws IOException, ClassNotFoundException {
            ObjectInputStream input = new ObjectInputStream(new ByteArrayInputStream(bytes));
            Object last = null;
            for (int length : primitives) {
                last = length > 0 ? input.readNBytes(length) : input.readObject();
            }
            return last;
        }

        byte[] write() throws IOException {
            ByteArrayOutputStream written = new ByteArrayOutputStream(bytes.length);
            ObjectOutputStream output = new ObjectOutputStream(written);
            for (int i = 0; i < objects.length; i++) {
                if (primitives[i] > 0) {
                    output.write((byte[]) objects[i]);
                } else {
                    output.writeObject(objects[i]);
                }
            }
            output.flush();
            return written.toByteArray();
        }
    }

    /** The payload of ALL_SESSION_DATA, as `DeltaManager.serializeSessions` makes it. */
    private static byte[] sessionList() throws Exception {
        DeltaManager manager = manager();
        SplittableRandom random = new SplittableRandom(1);
        DeltaSession session = (DeltaSession) manager.createEmptySession();
        session.setValid(true);
        session.setCreationTime(Workload.EPOCH);
        session.setMaxInactiveInterval(1800, false);
        session.setId(Workload.sessionId(random), false);
        Workload.TWO_KB.attributes(random, 7)
                .forEach((name, value) -> session.setAttribute(name, value, false, false));
        Method serialize = DeltaManager.class.getDeclaredMethod("serializeSessions", Session[].class);
        serialize.setAccessible(true);
        return (byte[]) serialize.invoke(manager, (Object) new Session[] { session });
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
