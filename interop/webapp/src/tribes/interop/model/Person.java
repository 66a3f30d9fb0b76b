package tribes.interop.model;

import java.io.Serializable;
import java.time.LocalDate;

/** The upper half of {@link Customer}: a superclass with fields of its own, one of them transient. */
public class Person implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String name;
    private final LocalDate born;
    private transient String greeting;

    public Person(String name, LocalDate born) {
        this.name = name;
        this.born = born;
        this.greeting = "hello " + name;
    }

    public String greeting() {
        return greeting == null ? "hello again " + name : greeting;
    }
}
