package tribes.interop.model;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** A cyclic graph: rings of nodes that know the next, the previous and all of them. */
public class Ring implements Serializable {
    private static final long serialVersionUID = 3L;

    private final int index;
    private final List<Ring> all;
    private Ring next;
    private Ring previous;

    private Ring(int index, List<Ring> all) {
        this.index = index;
        this.all = all;
    }

    public static Ring of(int size) {
        List<Ring> all = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            all.add(new Ring(i, all));
        }
        for (int i = 0; i < size; i++) {
            all.get(i).next = all.get((i + 1) % size);
            all.get(i).previous = all.get((i + size - 1) % size);
        }
        return all.get(0);
    }
}
