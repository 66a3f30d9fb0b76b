import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.catalina.ha.session.DeltaRequest;
import org.apache.catalina.ha.session.SessionMessage;
import org.apache.catalina.ha.session.SessionMessageImpl;

/** What one sender says, one message after the other, and what its receiver must have then. */
interface Traffic {

    String CONTEXT = "localhost#/app";

    SessionMessage[] next(int count) throws IOException;

    /** Messages so far: created, deltas, accessed, expired; and the sessions that are there by them. */
    long[] expectation();

    /** The sessions that are alive, and the visits that each must have. */
    Stream<Map.Entry<String, Long>> alive();

    static SessionMessage message(int event, byte[] data, String id, String suffix) {
        long now = System.currentTimeMillis();
        SessionMessageImpl message = new SessionMessageImpl(CONTEXT, event, data, id, id + '-' + suffix);
        message.setTimestamp(now);
        return message;
    }

    /** @param data null where nothing goes with the event */
    static SessionMessage message(int event, byte[] data, String id) {
        return message(event, data, id, String.valueOf(System.currentTimeMillis()));
    }

    /** A delta of one attribute, as the request of a user who goes on makes it. */
    static SessionMessage visit(String id, long visits) throws IOException {
        DeltaRequest request = new DeltaRequest(id, false);
        request.setAttribute(Workload.VISITS, visits);
        return message(SessionMessage.EVT_SESSION_DELTA, bytes(request), id);
    }

    static byte[] bytes(DeltaRequest request) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream output = new ObjectOutputStream(bytes)) {
            request.writeExternal(output);
        }
        return bytes.toByteArray();
    }
}
