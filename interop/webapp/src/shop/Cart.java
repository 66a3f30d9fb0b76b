package shop;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** The class of docs/library.md. */
public class Cart implements Serializable {
    private static final long serialVersionUID = 5L;

    private final String owner;
    private final long total;
    private final List<String> items;

    public Cart(String owner, long total, List<String> items) {
        this.owner = owner;
        this.total = total;
        this.items = new ArrayList<>(items);
    }
}
