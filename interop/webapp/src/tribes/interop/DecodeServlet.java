package tribes.interop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads a Java stream with one object from the request's body, as a Tomcat would, and answers its class and view. */
public class DecodeServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        try (ObjectInputStream in = new ApplicationInputStream(request.getInputStream())) {
            Object value = in.readObject();
            if (in.read() != -1) {
                throw new IOException("bytes behind the object");
            }
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("class", value == null ? null : value.getClass().getName());
            answer.put("value", JsonView.of(value));
            Responses.json(response, answer);
        } catch (ReflectiveOperationException e) {
            throw new IOException(e);
        }
    }

    /** Resolves classes in this web application; for primitives and the like, as Java does. */
    private static final class ApplicationInputStream extends ObjectInputStream {
        ApplicationInputStream(InputStream in) throws IOException {
            super(in);
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass descriptor) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(descriptor.getName(), false, DecodeServlet.class.getClassLoader());
            } catch (ClassNotFoundException e) {
                return super.resolveClass(descriptor);
            }
        }
    }
}
