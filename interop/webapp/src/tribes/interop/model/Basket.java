package tribes.interop.model;

import java.util.ArrayList;
import java.util.List;

/** A class that extends a collection of the JDK and adds a field. */
public class Basket extends ArrayList<Object> {
    private static final long serialVersionUID = 5L;

    private final String owner;

    public Basket(String owner, List<?> content) {
        super(content);
        this.owner = owner;
    }
}
