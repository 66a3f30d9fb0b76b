package tribes.interop;

import java.io.Externalizable;
import java.io.File;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneId;
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
 * The JSON view of a live object, by the same rules as the node's view of its bytes (docs/json-view.md), so that the two
 * can be compared. Where the order of elements is not a property of the object, the view says so by {@code {"@set": […]}}
 * and {@code {"@pairs": […]}}, which the comparison removes. What writeObject and writeExternal add is not seen here.
 */
final class JsonView {
    private static final long SAFE_INTEGER = (1L << 53) - 1;

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
        if (value instanceof Number number && isJava(number)) {
            return number(number);
        }
        if (value instanceof Class<?> type) {
            return Map.of("@class", "java.lang.Class", "name", type.getName());
        }
        String text = text(value);
        if (text != null) {
            return text;
        }
        String first = places.putIfAbsent(value, place);
        return first == null ? structure(value, place) : Map.of("@ref", first);
    }

    private static boolean isJava(Object value) {
        return value.getClass().getName().startsWith("java.");
    }

    private static Object number(Number number) {
        if (number instanceof BigInteger || number instanceof BigDecimal) {
            return number.toString();
        }
        if (number instanceof Float || number instanceof Double) {
            double d = number.doubleValue();
            if (Double.isNaN(d) || Double.isInfinite(d)) {
                return Double.toString(d);
            }
            return number instanceof Float f ? shortest(f) : d;
        }
        long l = number.longValue();
        return -SAFE_INTEGER <= l && l <= SAFE_INTEGER ? (Object) l : (Object) Long.toString(l);
    }

    /** The fewest digits that give the same float; Float.toString has one too many now and then before JDK 19. */
    private static double shortest(float value) {
        for (int digits = 1; digits < 9; digits++) {
            BigDecimal candidate = new BigDecimal(value).round(new MathContext(digits));
            if (candidate.floatValue() == value) {
                return candidate.doubleValue();
            }
        }
        return value;
    }

    /** The text of a value that is shown as a string, or null. */
    private static String text(Object value) {
        if (value instanceof Enum<?> constant) {
            return constant.name();
        } else if (value instanceof Timestamp timestamp) {
            return timestamp.toInstant().toString();
        } else if (value instanceof Date date) {
            return Instant.ofEpochMilli(date.getTime()).toString();
        } else if (value instanceof Calendar calendar) {
            return calendar.toInstant().toString();
        } else if (value instanceof TimeZone zone) {
            return zone.getID();
        } else if (value instanceof Locale locale) {
            return locale.toLanguageTag();
        } else if (value instanceof InetSocketAddress address) {
            return address.getHostString() + ":" + address.getPort();
        } else if (isText(value)) {
            return value.toString();
        }
        return null;
    }

    /** Whether the view is what Java's own toString() says. */
    private static boolean isText(Object value) {
        boolean time = value instanceof TemporalAccessor || value instanceof TemporalAmount || value instanceof ZoneId;
        return (time || value instanceof CharSequence) && isJava(value)
            || value instanceof Character || value instanceof UUID || value instanceof URI || value instanceof URL
            || value instanceof Currency || value instanceof InetAddress || value instanceof File;
    }

    private Object structure(Object value, String place) throws ReflectiveOperationException {
        if (value.getClass().isArray()) {
            return array(value, place);
        } else if (value instanceof Map || value instanceof Collection) {
            return isJava(value) ? contents(value, place) : extendedContainer(value, place);
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

    private Object contents(Object container, String place) throws ReflectiveOperationException {
        if (container instanceof Map<?, ?> map) {
            return map(map, place);
        }
        Collection<?> collection = (Collection<?>) container;
        List<Object> view = new ArrayList<>();
        for (Object element : collection) {
            view.add(view(element, place + "/" + view.size()));
        }
        return isOrdered(collection) ? view : Map.of("@set", view);
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

    /** An instance of an application's class that extends a container of the JDK: its own fields, and what it contains. */
    private Object extendedContainer(Object container, String place) throws ReflectiveOperationException {
        Map<String, Object> fields = new LinkedHashMap<>();
        collectFields(container, container.getClass(), fields);
        Map<String, Object> view = fieldsView(container, fields, place);
        view.put("@value", contents(container, place + "/@value"));
        return view;
    }

    private Object object(Object value, String place) throws ReflectiveOperationException {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (value instanceof Pattern pattern) {
            fields.put("flags", pattern.flags());
            fields.put("pattern", pattern.pattern());
        } else if (value instanceof Map.Entry<?, ?> entry) {
            fields.put("key", entry.getKey());
            fields.put("value", entry.getValue());
        } else if (!(value instanceof Externalizable)) {
            if (value instanceof Throwable throwable) {
                throwable.getStackTrace(); // fills the field in
            }
            collectFields(value, value.getClass(), fields);
        }
        return fieldsView(value, fields, place);
    }

    private Map<String, Object> fieldsView(Object value, Map<String, Object> fields, String place)
        throws ReflectiveOperationException {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("@class", value.getClass().getName());
        for (Map.Entry<String, Object> field : fields.entrySet()) {
            view.put(field.getKey(), view(field.getValue(), place + "/" + pointer(field.getKey())));
        }
        return view;
    }

    /** Serialisable fields from the topmost class down, without those of a container of the JDK. */
    private static void collectFields(Object value, Class<?> type, Map<String, Object> fields) throws ReflectiveOperationException {
        ObjectStreamClass descriptor = ObjectStreamClass.lookup(type);
        if (descriptor == null || type.getName().startsWith("java.util.")) {
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
