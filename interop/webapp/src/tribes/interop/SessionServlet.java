package tribes.interop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.catalina.ha.session.DeltaSession;
import tribes.interop.model.Watcher;

/** What a client does with its session; the last part of the path names the action. Answers the session's id and attributes' names. */
public class SessionServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        doGet(request, response);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        HttpSession session = request.getSession();
        String action = request.getPathInfo() == null ? "/" : request.getPathInfo();
        Map<String, Object> held = action.equals("/write") ? numbers(session) : null;
        try {
            if (!act(action, request, session)) {
                response.sendError(HttpServletResponse.SC_NOT_FOUND, "no action " + action);
                return;
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("id", session.getId());
        if (held != null) {
            answer.put("held", held);
        }
        if (action.equals("/context")) {
            answer.put("context", String.valueOf(request.getServletContext().getAttribute(request.getParameter("name"))));
        }
        if (!action.equals("/invalidate")) {
            answer.put("isNew", session.isNew());
            answer.put("names", Collections.list(session.getAttributeNames()));
            answer.put("user", request.getRemoteUser());
            answer.put("shares", shares(session));
        }
        Responses.json(response, answer);
    }

    private static boolean act(String action, HttpServletRequest request, HttpSession session) throws Exception {
        String name = request.getParameter("name");
        int seed = request.getParameter("seed") == null ? 1 : Integer.parseInt(request.getParameter("seed"));
        switch (action) {
            case "/":
                return true;
            case "/set":
                session.setAttribute(name, Catalogue.make(request.getParameter("type"), seed));
                return true;
            case "/set-all":
                for (String type : Catalogue.types()) {
                    session.setAttribute(type, Catalogue.make(type, seed));
                }
                return true;
            case "/set-some":
                setSome(session, seed, Integer.parseInt(request.getParameter("count")));
                return true;
            case "/put":
                session.setAttribute(name, new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
                return true;
            case "/share":
                share(session, seed);
                return true;
            case "/count":
                Object count = session.getAttribute("count");
                session.setAttribute("count", count instanceof Integer i ? i + 1 : 1);
                return true;
            case "/write":
                session.setAttribute(name, Integer.valueOf(request.getParameter("value")));
                return true;
            case "/remove":
                session.removeAttribute(name);
                return true;
            case "/listen":
                deltaSession(session).addSessionListener(new Watcher(name));
                return true;
            case "/invalidate":
                session.invalidate();
                return true;
            case "/change-id":
                request.changeSessionId();
                return true;
            case "/max-inactive":
                session.setMaxInactiveInterval(Integer.parseInt(request.getParameter("seconds")));
                return true;
            case "/login":
                request.login(request.getParameter("user"), request.getParameter("password"));
                return true;
            case "/logout":
                request.logout();
                return true;
            case "/set-context":
                request.getServletContext().setAttribute(name, Catalogue.make(request.getParameter("type"), seed));
                return true;
            case "/remove-context":
                request.getServletContext().removeAttribute(name);
                return true;
            case "/context":
                return true;
            default:
                return false;
        }
    }

    /** The session behind its facade. */
    private static DeltaSession deltaSession(HttpSession session) throws ReflectiveOperationException {
        Field field = session.getClass().getDeclaredField("session");
        field.setAccessible(true);
        return (DeltaSession) field.get(session);
    }

    /** The attributes that are Integers: what "write" has written before. */
    private static Map<String, Object> numbers(HttpSession session) {
        Map<String, Object> numbers = new LinkedHashMap<>();
        for (String name : Collections.list(session.getAttributeNames())) {
            if (session.getAttribute(name) instanceof Integer number) {
                numbers.put(name, number);
            }
        }
        return numbers;
    }

    /** {@code count} attributes whose types follow from the seed; no strings of 200 KB. */
    private static void setSome(HttpSession session, int seed, int count) throws Exception {
        List<String> types = new ArrayList<>(Catalogue.types());
        types.remove("String-200K");
        for (int i = 0; i < count; i++) {
            String type = types.get(Math.floorMod(seed * 7 + i * 13, types.size()));
            session.setAttribute("mixed-" + i, Catalogue.make(type, seed));
        }
    }

    /** Two attributes that share a list, and the list itself knows a third. */
    private static void share(HttpSession session, int seed) {
        List<Object> shared = new ArrayList<>(List.of("shared", seed));
        Map<String, Object> left = new LinkedHashMap<>(Map.of("shared", shared));
        List<Object> right = new ArrayList<>(List.of("right", shared, left));
        session.setAttribute("share-left", left);
        session.setAttribute("share-right", right);
    }

    /** Whether the two attributes of {@link #share} hold the very same objects. */
    private static boolean shares(HttpSession session) {
        return session.getAttribute("share-left") instanceof Map<?, ?> left
            && session.getAttribute("share-right") instanceof List<?> right
            && right.get(1) == left.get("shared") && right.get(2) == left;
    }
}
