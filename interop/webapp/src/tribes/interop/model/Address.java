package tribes.interop.model;

import java.io.Serializable;
import java.util.Map;

/** A record: its serialVersionUID is 0 in the stream, and nobody checks it. */
public record Address(String street, int number, Map<String, String> extra) implements Serializable {
}
