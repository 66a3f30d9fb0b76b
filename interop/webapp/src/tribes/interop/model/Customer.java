package tribes.interop.model;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/** Inheritance, a field name that the superclass has too, transient fields, and a writeObject that adds its own data. */
public class Customer extends Person {
    private static final long serialVersionUID = 42L;

    /** Hides {@code Person.name}: two fields of one name in one object. */
    private final String name;
    private final long number;
    private final List<Address> addresses = new ArrayList<>();
    private Colour favourite;
    private transient int visits;
    private transient List<String> notes = new ArrayList<>();

    public Customer(String name, long number, Colour favourite) {
        super(name + " senior", LocalDate.of(1970, 1, 1).plusDays(number % 10_000));
        this.name = name;
        this.number = number;
        this.favourite = favourite;
        this.visits = 3;
        notes.add("kept by writeObject");
        notes.add("number " + number);
    }

    public Customer with(Address address) {
        addresses.add(address);
        return this;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
        out.writeInt(visits);
        out.writeObject(notes);
    }

    @SuppressWarnings("unchecked")
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
        in.defaultReadObject();
        visits = in.readInt();
        notes = (List<String>) in.readObject();
    }
}
