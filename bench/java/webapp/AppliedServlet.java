import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.SplittableRandom;
import org.apache.catalina.ContainerServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Session;
import org.apache.catalina.Wrapper;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;

/** What the DeltaManager of this web application has received, and what it holds; POST makes sessions by itself. */
public class AppliedServlet extends HttpServlet implements ContainerServlet {
    private static final long serialVersionUID = 1L;

    private static final int CART_LINES = 5;

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
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        DeltaManager manager = (DeltaManager) ((Context) wrapper.getParent()).getManager();
        Session[] sessions = manager.findSessions();
        long visits = 0;
        for (Session session : sessions) {
            Object value = session.getSession().getAttribute("visits");
            visits += value == null ? 0 : (Long) value;
        }
        response.setContentType("application/json");
        response.getWriter().printf(
                "{\"created\":%d,\"deltas\":%d,\"accessed\":%d,\"expired\":%d,\"sessions\":%d,\"visits\":%d}",
                manager.getCounterReceive_EVT_SESSION_CREATED(), manager.getCounterReceive_EVT_SESSION_DELTA(),
                manager.getCounterReceive_EVT_SESSION_ACCESSED(), manager.getCounterReceive_EVT_SESSION_EXPIRED(),
                sessions.length, visits);
    }

    /** {@code sessions} of the workload, made where nobody else is: nothing is sent. */
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
        DeltaManager manager = (DeltaManager) ((Context) wrapper.getParent()).getManager();
        SplittableRandom random = new SplittableRandom(1);
        int sessions = Integer.parseInt(request.getParameter("sessions"));
        for (int i = 0; i < sessions; i++) {
            DeltaSession session = (DeltaSession) manager.createSession(null);
            Workload.attributes(random, i, CART_LINES).forEach((name, value) -> session.setAttribute(name, value, false));
            session.resetDeltaRequest();
            session.endAccess();
        }
    }
}
