package tribes.interop.model;

import java.io.Externalizable;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectOutput;

/** Externalizable: the stream holds what writeExternal writes and no fields. */
public class Preferences implements Externalizable {
    private static final long serialVersionUID = 7L;

    private String language;
    private int size;
    private Object nested;

    public Preferences() {
        this("", 0, null);
    }

    public Preferences(String language, int size, Object nested) {
        this.language = language;
        this.size = size;
        this.nested = nested;
    }

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
        out.writeInt(size);
        out.writeUTF(language);
        out.writeObject(nested);
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
        size = in.readInt();
        language = in.readUTF();
        nested = in.readObject();
    }
}
