package tribes.interop;

import java.io.Externalizable;
import java.io.File;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * The JSON view of a live object, by the same rules as the node's view of its bytes (docs/interop.md), so that the two
 * can be compared. Where the order of elements is not a property of the object, the view says so by {@code {"@set": […]}}
 * and {@code {"@pairs": […]}}; the comparison removes these two.
 */
final class JsonView {
    private static final long SAFE_INTEGER = (1L << 53) - 1;
    private static final DateTimeFormatter MILLISECONDS =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter NANOSECONDS =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Map<Object, String> places = new IdentityHashMap<>();

    private JsonView() {
    }

    static Object of(Object value) throws ReflectiveOperationException {
        return new JsonView().view(value, "#");
    }

    private Object view(Object value, String place) throws ReflectiveOperationException {
        if (value == null || value instanceof String || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Number number && scalar(number) != null) {
            return scalar(number);
        }
        String text = text(value);
        if (text != null) {
            return text;
        }
        String first = places.putIfAbsent(value, place);
        return first == null ? structure(value, place) : Map.of("@ref", first);
    }

    private static Object scalar(Number number) {
        if (number instanceof BigInteger || number instanceof BigDecimal) {
            return number.toString();
        }
        if (number instanceof Float || number instanceof Double) {
            double d = number.doubleValue();
            return Double.isNaN(d) || Double.isInfinite(d) ? (Object) Double.toString(d) : (Object) d;
        }
        if (number.getClass().getName().startsWith("java.")) {
            long l = number.longValue();
            return Math.abs(l) <= SAFE_INTEGER && l != Long.MIN_VALUE ? (Object) l : (Object) Long.toString(l);
        }
        return null;
    }

    /** The text of a value that is shown as a string, or null. */
    private static String text(Object value) {
        if (value instanceof Enum<?> constant) {
            return constant.name();
        } else if (value instanceof Timestamp timestamp && timestamp.getNanos() % 1_000_000 != 0) {
            return NANOSECONDS.format(timestamp.toInstant());
        } else if (value instanceof Date date) {
            return MILLISECONDS.format(Instant.ofEpochMilli(date.getTime()));
        } else if (value instanceof Calendar calendar) {
            return MILLISECONDS.format(Instant.ofEpochMilli(calendar.getTimeInMillis()));
        } else if (value instanceof TimeZone zone) {
            return zone.getID();
        } else if (value instanceof Locale locale) {
            return locale.toLanguageTag();
        } else if (value instanceof Class<?> type) {
            return type.getName();
        } else if (isText(value)) {
            return value.toString();
        }
        return null;
    }

    /** Whether the view is what Java's own toString() says. */
    private static boolean isText(Object value) {
        boolean time = value instanceof TemporalAccessor || value instanceof TemporalAmount || value instanceof ZoneId;
        return time && value.getClass().getName().startsWith("java.time.")
            || value instanceof CharSequence && value.getClass().getName().startsWith("java.lang.")
            || value instanceof Character || value instanceof UUID || value instanceof URI || value instanceof URL
            || value instanceof Currency || value instanceof InetAddress || value instanceof InetSocketAddress
            || value instanceof File || value instanceof StackTraceElement;
    }

    private Object structure(Object value, String place) throws ReflectiveOperationException {
        if (value.getClass().isArray()) {
            return array(value, place);
        } else if (value instanceof Map<?, ?> map) {
            return map(map, place);
        } else if (value instanceof Collection<?> collection) {
            Object elements = elements(collection, place);
            return isOrdered(collection) ? elements : Map.of("@set", elements);
        } else if (value instanceof BitSet bits) {
            return Arrays.asList(bits.stream().boxed().toArray());
        } else if (value instanceof AtomicBoolean atomic) {
            return atomic.get();
        } else if (value instanceof AtomicReference<?> atomic) {
            return view(atomic.get(), place);
        } else if (value instanceof AtomicIntegerArray atomic) {
            List<Object> view = new ArrayList<>();
            for (int i = 0; i < atomic.length(); i++) {
                view.add(atomic.get(i));
            }
            return view;
        }
        return object(value, place);
    }

    private Object array(Object array, String place) throws ReflectiveOperationException {
        if (array instanceof byte[] bytes) {
            return Base64.getEncoder().encodeToString(bytes);
        } else if (array instanceof char[] chars) {
            return new String(chars);
        }
        List<Object> view = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
            view.add(view(Array.get(array, i), place + "/" + i));
        }
        return view;
    }

    private List<Object> elements(Collection<?> collection, String place) throws ReflectiveOperationException {
        List<Object> view = new ArrayList<>();
        for (Object element : collection) {
            view.add(view(element, place + "/" + view.size()));
        }
        return view;
    }

    private static boolean isOrdered(Collection<?> collection) {
        return !(collection instanceof Set) || collection instanceof SortedSet || collection instanceof LinkedHashSet
            || collection instanceof EnumSet || collection instanceof CopyOnWriteArraySet;
    }

    private Object map(Map<?, ?> map, String place) throws ReflectiveOperationException {
        if (map.keySet().stream().allMatch(key -> key instanceof String string && !string.startsWith("@"))) {
            Map<String, Object> view = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                view.put((String) entry.getKey(), view(entry.getValue(), place + "/" + pointer((String) entry.getKey())));
            }
            return view;
        }
        List<Object> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            String pair = place + "/" + pairs.size();
            pairs.add(Arrays.asList(view(entry.getKey(), pair + "/0"), view(entry.getValue(), pair + "/1")));
        }
        boolean ordered = map instanceof SortedMap || map instanceof LinkedHashMap || map instanceof EnumMap;
        return ordered ? pairs : Map.of("@pairs", pairs);
    }

    private Object object(Object value, String place) throws ReflectiveOperationException {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (value instanceof Throwable throwable) {
            fields.put("detailMessage", throwable.getMessage());
            fields.put("cause", throwable.getCause());
            fields.put("stackTrace", throwable.getStackTrace());
            fields.put("suppressedExceptions", Arrays.asList(throwable.getSuppressed()));
        } else if (value instanceof Pattern pattern) {
            fields.put("flags", pattern.flags());
            fields.put("pattern", pattern.pattern());
        } else if (value instanceof Map.Entry<?, ?> entry) {
            fields.put("key", entry.getKey());
            fields.put("value", entry.getValue());
        } else if (!(value instanceof Externalizable)) {
            collectFields(value, value.getClass(), fields);
        }
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("@class", value.getClass().getName());
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            view.put(field.getKey(), view(field.getValue(), place + "/" + pointer(field.getKey())));
        }
        return view;
    }

    /** Serialisable fields from the topmost class down; where a name repeats, the lowest class has the plain name. */
    private static void collectFields(Object value, Class<?> type, Map<String, Object> fields) throws ReflectiveOperationException {
        ObjectStreamClass descriptor = ObjectStreamClass.lookup(type);
        if (descriptor == null) {
            return;
        }
        Class<?> above = type.getSuperclass();
        if (above != null) {
            collectFields(value, above, fields);
        }
        for (ObjectStreamField streamed : descriptor.getFields()) {
            Field field = type.getDeclaredField(streamed.getName());
            field.setAccessible(true);
            if (fields.containsKey(field.getName())) {
                Class<?> owner = declaring(above, field.getName());
                fields.put(owner.getName() + "." + field.getName(), fields.remove(field.getName()));
            }
            fields.put(field.getName(), field.get(value));
        }
    }

    private static Class<?> declaring(Class<?> type, String name) {
        ObjectStreamClass descriptor = ObjectStreamClass.lookup(type);
        return descriptor.getField(name) != null ? type : declaring(type.getSuperclass(), name);
    }

    private static String pointer(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
