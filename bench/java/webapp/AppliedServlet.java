import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import org.apache.catalina.ContainerServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Session;
import org.apache.catalina.Wrapper;
import org.apache.catalina.ha.session.DeltaManager;
import org.apache.catalina.ha.session.DeltaSession;

/**
 * What the DeltaManager of this web application has received, and what it holds. {@code ?id=ID} asks for the visits of one
 * session, {@code ?sample=N&of=POPULATION} for those of N of a population, {@code ?live} for the bytes of the heap that are
 * alive. POST makes sessions by itself.
 */
public class AppliedServlet extends HttpServlet implements ContainerServlet {
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
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("application/json");
        response.getWriter().print(answer(request));
    }

    private String answer(HttpServletRequest request) throws IOException {
        if (request.getParameter("id") != null) {
            return String.valueOf(visits(request.getParameter("id")));
        }
        if (request.getParameter("sample") != null) {
            long count = Long.parseLong(request.getParameter("sample"));
            long population = Long.parseLong(request.getParameter("of"));
            StringJoiner sample = new StringJoiner(",", "{", "}");
            for (long i = 0; i < count; i++) {
                String id = Workload.sessionId(i * population / count);
                sample.add('"' + id + "\":" + visits(id));
            }
            return sample.toString();
        }
        if (request.getParameter("live") != null) {
            System.gc();
            return String.valueOf(ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        DeltaManager manager = manager();
        return String.format(
                "{\"created\":%d,\"deltas\":%d,\"accessed\":%d,\"expired\":%d,\"sessions\":%d,\"members\":%d}",
                manager.getCounterReceive_EVT_SESSION_CREATED(), manager.getCounterReceive_EVT_SESSION_DELTA(),
                manager.getCounterReceive_EVT_SESSION_ACCESSED(), manager.getCounterReceive_EVT_SESSION_EXPIRED(),
                manager.getActiveSessions(), manager.getCluster().getMembers().length);
    }

    /** The sessions {@code from} up to {@code to} of the population of a workload; nothing of it is sent. */
    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
        Workload workload = Workload.called(request.getParameter("workload"));
        int end = Integer.parseInt(request.getParameter("to"));
        for (int i = Integer.parseInt(request.getParameter("from")); i < end; i++) {
            DeltaSession session = (DeltaSession) manager().createSession(Workload.sessionId(i), false);
            session.setMaxInactiveInterval(Workload.A_DAY_IN_SECONDS, false);
            workload.attributes(new SplittableRandom(i), i)
                    .forEach((name, value) -> session.setAttribute(name, value, false, false));
            session.resetDeltaRequest();
            session.endAccess();
        }
    }

    private Object visits(String id) throws IOException {
        Session session = manager().findSession(id);
        return session == null ? null : session.getSession().getAttribute(Workload.VISITS);
    }

    private DeltaManager manager() {
        return (DeltaManager) ((Context) wrapper.getParent()).getManager();
    }
}
