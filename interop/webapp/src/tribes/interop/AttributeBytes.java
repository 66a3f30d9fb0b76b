package tribes.interop;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;

/** One attribute as a Java stream of its own, and the class name with which that stream begins. */
final class AttributeBytes extends ObjectOutputStream {
    private final ByteArrayOutputStream target;
    private String streamClass;

    private AttributeBytes(ByteArrayOutputStream target) throws IOException {
        super(target);
        this.target = target;
    }

    static AttributeBytes of(Object value) throws IOException {
        AttributeBytes stream = new AttributeBytes(new ByteArrayOutputStream());
        if (value instanceof String || value instanceof Class) {
            stream.streamClass = value.getClass().getName();
        }
        stream.writeObject(value);
        stream.flush();
        return stream;
    }

    byte[] bytes() {
        return target.toByteArray();
    }

    String streamClass() {
        return streamClass;
    }

    @Override
    protected void writeClassDescriptor(ObjectStreamClass descriptor) throws IOException {
        if (streamClass == null) {
            streamClass = descriptor.getName();
        }
        super.writeClassDescriptor(descriptor);
    }
}
