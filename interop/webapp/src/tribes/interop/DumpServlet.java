package tribes.interop;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.catalina.ContainerServlet;
import org.apache.catalina.Context;
import org.apache.catalina.Manager;
import org.apache.catalina.Session;
import org.apache.catalina.Wrapper;
import org.apache.catalina.ha.ClusterManager;
import org.apache.catalina.ha.session.BackupManager;
import org.apache.catalina.realm.GenericPrincipal;
import org.apache.catalina.session.ManagerBase;
import org.apache.catalina.session.StandardSession;
import org.apache.catalina.tribes.Member;
import org.apache.catalina.tribes.tipis.AbstractReplicatedMap;

/**
 * Every session of this web application as the Manager holds it, read from its fields: nothing here counts as an
 * access, and no session is expired by looking at it.
 */
public class DumpServlet extends HttpServlet implements ContainerServlet {
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
        Manager manager = ((Context) wrapper.getParent()).getManager();
        List<Object> sessions = new ArrayList<>();
        try {
            for (Session session : manager.findSessions()) {
                Map<String, Object> dump = dump((StandardSession) session);
                if (manager instanceof BackupManager) {
                    dump.put("map", place((BackupManager) manager, session.getIdInternal()));
                }
                sessions.add(dump);
            }
        } catch (ReflectiveOperationException e) {
            throw new IOException(e);
        }
        Map<String, Object> dump = new LinkedHashMap<>();
        dump.put("context", manager instanceof ClusterManager cluster ? cluster.getName() : null);
        dump.put("manager", manager.getClass().getName());
        dump.put("sessions", sessions);
        Responses.json(response, dump);
    }

    private static Map<String, Object> dump(StandardSession session) throws ReflectiveOperationException {
        Map<String, Object> dump = new LinkedHashMap<>();
        for (String field : List.of("id", "creationTime", "lastAccessedTime", "thisAccessedTime", "maxInactiveInterval",
            "isNew", "isValid", "authType")) {
            dump.put(field, read(session, field));
        }
        dump.put("principal", principal(session.getPrincipal()));
        List<String> listeners = new ArrayList<>();
        for (Object listener : (List<?>) read(session, "listeners")) {
            listeners.add(listener.toString());
        }
        dump.put("listeners", listeners);
        dump.put("notes", new ArrayList<>(new TreeMap<>((Map<?, ?>) read(session, "notes")).keySet()));
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (Map.Entry<?, ?> attribute : new TreeMap<>((Map<?, ?>) read(session, "attributes")).entrySet()) {
            attributes.put((String) attribute.getKey(), attribute(attribute.getValue()));
        }
        dump.put("attributes", attributes);
        return dump;
    }

    private static Object read(StandardSession session, String name) throws ReflectiveOperationException {
        return read(StandardSession.class, session, name);
    }

    private static Object read(Class<?> declaring, Object object, String name) throws ReflectiveOperationException {
        Field field = declaring.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(object);
    }

    /** What this Tomcat is to an entry of its map, and who has it; null for one that has gone meanwhile. */
    private static Object place(BackupManager manager, String id) throws ReflectiveOperationException {
        Object map = read(ManagerBase.class, manager, "sessions");
        AbstractReplicatedMap.MapEntry<?, ?> entry = ((AbstractReplicatedMap<?, ?>) map).getInternal(id);
        if (entry == null) {
            return null;
        }
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("role", entry.isPrimary() ? "primary" : entry.isBackup() ? "backup" : "proxy");
        view.put("primary", entry.getPrimary() == null ? null : entry.getPrimary().getName());
        List<String> backups = new ArrayList<>();
        for (Member member : entry.getBackupNodes() == null ? new Member[0] : entry.getBackupNodes()) {
            backups.add(member.getName());
        }
        view.put("backups", backups);
        return view;
    }

    private static Object principal(java.security.Principal principal) {
        if (principal == null) {
            return null;
        }
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("name", principal.getName());
        view.put("roles", principal instanceof GenericPrincipal generic ? Arrays.asList(generic.getRoles()) : List.of());
        return view;
    }

    private static Map<String, Object> attribute(Object value) throws ReflectiveOperationException {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("class", value.getClass().getName());
        try {
            AttributeBytes stream = AttributeBytes.of(value);
            view.put("streamClass", stream.streamClass());
            view.put("bytes", Base64.getEncoder().encodeToString(stream.bytes()));
            view.put("value", JsonView.of(value));
        } catch (IOException e) {
            view.put("unwritable", e.toString());
        }
        return view;
    }
}
