package tribes.interop.model;

import java.util.LinkedHashMap;
import java.util.Map;

/** A class that extends a map of the JDK, as caches do. */
public class LeastRecentlyUsed extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 6L;

    private final int limit;

    public LeastRecentlyUsed(int limit) {
        super(16, 0.75f, true);
        this.limit = limit;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Object> eldest) {
        return size() > limit;
    }
}
