package tribes.interop.model;

import org.apache.catalina.SessionEvent;
import org.apache.catalina.ha.session.ReplicatedSessionListener;

/** A listener that goes along with its session from Tomcat to Tomcat. */
public class Watcher implements ReplicatedSessionListener {
    private static final long serialVersionUID = 1L;

    private final String name;

    public Watcher(String name) {
        this.name = name;
    }

    @Override
    public void sessionEvent(SessionEvent event) {
        // It is there to be replicated.
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Watcher watcher && watcher.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return "Watcher " + name;
    }
}
