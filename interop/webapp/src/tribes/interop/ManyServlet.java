package tribes.interop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import org.apache.catalina.ContainerServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Session;
import org.apache.catalina.Wrapper;
import org.apache.catalina.ha.CatalinaCluster;
import org.apache.catalina.ha.ClusterMessage;
import org.apache.catalina.ha.session.DeltaManager;

/** Makes {@code count} sessions with an attribute of each of {@code types} at once, and replicates them as a request does. */
public class ManyServlet extends HttpServlet implements ContainerServlet {
    private static final long serialVersionUID = 1L;

    private transient Wrapper wrapper;

    @Override
    public Wrapper getWrapper() {
        return wrapper;
    }

    @Override
    public void setWrapper(Wrapper wrapper) {
        this.wrapper = wrapper;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        DeltaManager manager = (DeltaManager) ((Context) wrapper.getParent()).getManager();
        CatalinaCluster cluster = manager.getCluster();
        int count = Integer.parseInt(request.getParameter("count"));
        String[] types = request.getParameter("types").split(",");
        try {
            for (int i = 0; i < count; i++) {
                Session session = manager.createSession(null);
                for (String type : types) {
                    session.getSession().setAttribute(type, Catalogue.make(type, i));
                }
                session.endAccess();
                ClusterMessage message = manager.requestCompleted(session.getIdInternal());
                if (message != null) {
                    cluster.send(message);
                }
            }
        } catch (Exception e) {
            throw new IOException(e);
        }
        Responses.json(response, Map.of("made", count));
    }
}
