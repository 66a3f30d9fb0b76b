import java.nio.charset.StandardCharsets;
import org.apache.catalina.tribes.tipis.ReplicatedMapEntry;

/** A value of a map: a text. A change of it is the text that takes its place. */
public final class Note implements ReplicatedMapEntry {

    private static final long serialVersionUID = 1;

    private String text;
    private transient boolean dirty;
    private transient long version;
    private transient long lastTimeReplicated;

    public Note(String text) {
        this.text = text;
    }

    public synchronized String text() {
        return text;
    }

    public synchronized void change(String to) {
        text = to;
        dirty = true;
    }

    @Override
    public synchronized boolean isDirty() {
        return dirty;
    }

    @Override
    public boolean isDiffable() {
        return true;
    }

    @Override
    public synchronized byte[] getDiff() {
        dirty = false;
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public synchronized void applyDiff(byte[] diff, int offset, int length) {
        text = new String(diff, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public synchronized void resetDiff() {
        dirty = false;
    }

    @Override
    public void lock() {
        // A session of a Tomcat locks nothing either.
    }

    @Override
    public void unlock() {
        // As `lock`.
    }

    @Override
    public void setOwner(Object owner) {
        // It needs none.
    }

    @Override
    public long getVersion() {
        return version;
    }

    @Override
    public void setVersion(long version) {
        this.version = version;
    }

    @Override
    public long getLastTimeReplicated() {
        return lastTimeReplicated;
    }

    @Override
    public void setLastTimeReplicated(long time) {
        lastTimeReplicated = time;
    }

    @Override
    public boolean isAccessReplicate() {
        return false;
    }

    @Override
    public void accessEntry() {
        // Nothing follows from it.
    }
}
