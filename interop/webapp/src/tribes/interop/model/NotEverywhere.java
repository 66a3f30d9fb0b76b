package tribes.interop.model;

import java.io.Serializable;

/** A class that the application {@code lean} does not have. */
public class NotEverywhere implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String text = "for some deployments only";

    @Override
    public String toString() {
        return text;
    }
}
