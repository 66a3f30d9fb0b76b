package tribes.interop;

import java.util.List;
import java.util.Map;

/** Writes maps, lists, strings, numbers, booleans and null as JSON in pure ASCII, so that lone surrogates survive. */
final class Json {
    private final StringBuilder out = new StringBuilder();

    private Json() {
    }

    static String write(Object value) {
        Json json = new Json();
        json.append(value);
        return json.out.toString();
    }

    private void append(Object value) {
        if (value instanceof Map<?, ?> map) {
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                appendString((String) entry.getKey());
                out.append(':');
                append(entry.getValue());
                separator = ",";
            }
            out.append('}');
        } else if (value instanceof List<?> list) {
            out.append('[');
            String separator = "";
            for (Object element : list) {
                out.append(separator);
                append(element);
                separator = ",";
            }
            out.append(']');
        } else if (value instanceof String string) {
            appendString(string);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            throw new IllegalArgumentException("no JSON form for " + value.getClass());
        }
    }

    private void appendString(String string) {
        out.append('"');
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c > 0x7e) {
                out.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
