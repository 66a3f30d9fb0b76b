package tribes.interop.model;

import java.io.Serializable;

/** Says that it is serialisable, and is not: what a Tomcat finds out only when it replicates the session. */
public class Unwritable implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String before = "written before the failure";
    private final Object secret = new Object();
}
