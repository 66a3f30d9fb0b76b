package tribes.interop;

import jakarta.servlet.http.Cookie;
import java.io.File;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Set;
import java.util.SimpleTimeZone;
import java.util.Stack;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;
import shop.Cart;
import tribes.interop.model.Address;
import tribes.interop.model.Basket;
import tribes.interop.model.Colour;
import tribes.interop.model.Customer;
import tribes.interop.model.LeastRecentlyUsed;
import tribes.interop.model.Preferences;
import tribes.interop.model.Ring;
import tribes.interop.model.NotEverywhere;
import tribes.interop.model.Unwritable;

/** The values that sessions hold, by the name of their type; a seed varies each of them. */
final class Catalogue {
    @FunctionalInterface
    interface Maker {
        Object make(int seed) throws Exception;
    }

    private static final long TIME = 1_700_000_000_123L;
    private static final Map<String, Maker> MAKERS = new LinkedHashMap<>();

    static {
        scalars();
        times();
        names();
        collections();
        maps();
        wrappers();
        arrays();
        concurrent();
        ours();
    }

    private Catalogue() {
    }

    /** Every type that every deployment can serialise; the others are made by name only. */
    static Set<String> types() {
        return Collections.unmodifiableSet(MAKERS.keySet());
    }

    static Object make(String type, int seed) throws Exception {
        if (type.equals("Unwritable")) {
            return new Unwritable();
        }
        if (type.equals("NotEverywhere")) {
            return new NotEverywhere();
        }
        if (type.equals("Cookie")) {
            return new Cookie("cookie-" + seed, "of the servlet API");
        }
        Maker maker = MAKERS.get(type);
        if (maker == null) {
            throw new IllegalArgumentException("no type " + type + " in the catalogue");
        }
        return maker.make(seed);
    }

    private static void scalars() {
        MAKERS.put("String", seed -> "value " + seed);
        MAKERS.put("String-empty", seed -> "");
        MAKERS.put("String-emoji", seed -> "😀 größer €" + seed + " 🏴󠁧󠁢󠁥󠁮󠁧󠁿");
        MAKERS.put("String-nul", seed -> "a\0b\0" + seed);
        MAKERS.put("String-lone-surrogate", seed -> "\ud83d " + seed + " \ude00");
        MAKERS.put("String-200K", seed -> ("é" + seed % 10).repeat(100_000));
        MAKERS.put("Boolean", seed -> seed % 2 == 0);
        MAKERS.put("Byte", seed -> (byte) -seed);
        MAKERS.put("Short", seed -> (short) (seed - 300));
        MAKERS.put("Character", seed -> (char) ('a' + seed % 26));
        MAKERS.put("Integer", seed -> seed);
        MAKERS.put("Integer-negative", seed -> -1 - seed);
        MAKERS.put("Long", seed -> 1_234_567_890_123L + seed);
        MAKERS.put("Long-beyond-2^53", seed -> Long.MIN_VALUE + seed);
        MAKERS.put("Float", seed -> seed + 0.1f);
        MAKERS.put("Double", seed -> -seed / 3.0);
        MAKERS.put("Double-NaN", seed -> Double.NaN);
        MAKERS.put("Double-infinite", seed -> Double.NEGATIVE_INFINITY);
        MAKERS.put("BigInteger", seed -> BigInteger.TEN.pow(40).negate().add(BigInteger.valueOf(seed)));
        MAKERS.put("BigDecimal", seed -> new BigDecimal("19.90").add(BigDecimal.valueOf(seed)));
        MAKERS.put("BigDecimal-exponent", seed -> new BigDecimal("1E+" + (3 + seed % 5)));
        MAKERS.put("StringBuilder", seed -> new StringBuilder("builder ").append(seed));
        MAKERS.put("StringBuffer", seed -> new StringBuffer("buffer ").append(seed));
        MAKERS.put("Class", seed -> seed % 2 == 0 ? String.class : int[].class);
    }

    private static void times() {
        MAKERS.put("Date", seed -> new Date(TIME + seed));
        MAKERS.put("sql.Date", seed -> new java.sql.Date(TIME + seed * 86_400_000L));
        MAKERS.put("sql.Time", seed -> new java.sql.Time(TIME + seed));
        MAKERS.put("sql.Timestamp", seed -> {
            Timestamp timestamp = new Timestamp(TIME + seed);
            timestamp.setNanos(123_456_789);
            return timestamp;
        });
        MAKERS.put("Calendar", seed -> {
            GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone("Europe/Paris"), Locale.FRANCE);
            calendar.setTimeInMillis(TIME + seed);
            return calendar;
        });
        MAKERS.put("TimeZone", seed -> TimeZone.getTimeZone("America/New_York"));
        MAKERS.put("SimpleTimeZone", seed -> new SimpleTimeZone(3_600_000, "Ours/" + seed));
        MAKERS.put("Instant", seed -> Instant.ofEpochMilli(TIME).plusNanos(seed));
        MAKERS.put("LocalDate", seed -> LocalDate.of(2024, 2, 29).plusDays(seed));
        MAKERS.put("LocalTime", seed -> LocalTime.of(7, 5).plusSeconds(seed));
        MAKERS.put("LocalDateTime", seed -> LocalDateTime.of(2024, 2, 29, 7, 5, 9, 123_456_789).plusSeconds(seed));
        MAKERS.put("ZonedDateTime", seed -> ZonedDateTime.of(2024, 7, 1, 7, 5, 9, 0, ZoneId.of("Europe/Paris")).plusHours(seed));
        MAKERS.put("OffsetDateTime", seed -> OffsetDateTime.of(2024, 2, 29, 7, 5, 9, 1000, ZoneOffset.ofHours(5)).plusHours(seed));
        MAKERS.put("OffsetTime", seed -> OffsetTime.of(7, 5, seed % 60, 0, ZoneOffset.ofHoursMinutes(-3, -30)));
        MAKERS.put("Duration", seed -> Duration.ofDays(1).plusMillis(1501 + seed));
        MAKERS.put("Duration-negative", seed -> Duration.ofMillis(-1500 - seed));
        MAKERS.put("Period", seed -> Period.of(1, -2, seed));
        MAKERS.put("Year", seed -> Year.of(2000 + seed % 100));
        MAKERS.put("YearMonth", seed -> YearMonth.of(2024, 1 + seed % 12));
        MAKERS.put("MonthDay", seed -> MonthDay.of(12, 1 + seed % 31));
        MAKERS.put("DayOfWeek", seed -> DayOfWeek.of(1 + seed % 7));
        MAKERS.put("ZoneOffset", seed -> ZoneOffset.ofTotalSeconds(3661 + seed % 60));
        MAKERS.put("ZoneRegion", seed -> ZoneId.of("America/New_York"));
    }

    private static void names() {
        MAKERS.put("UUID", seed -> new UUID(0x0123_4567_89ab_4cdeL, 0x8000_0000_0000_0000L + seed));
        MAKERS.put("URI", seed -> URI.create("http://user@example.org:8080/p?q=" + seed + "#f"));
        MAKERS.put("URL", seed -> new URL("http://example.org:8080/p?q=" + seed + "#f"));
        MAKERS.put("Locale", seed -> new Locale.Builder().setLanguage("sr").setScript("Latn").setRegion("RS").build());
        MAKERS.put("Currency", seed -> Currency.getInstance(seed % 2 == 0 ? "EUR" : "JPY"));
        MAKERS.put("InetAddress", seed -> InetAddress.getByAddress("host.example", new byte[] {10, 1, 2, (byte) seed}));
        MAKERS.put("Inet6Address", seed -> InetAddress.getByAddress("h6",
            new byte[] {0x20, 1, 0xd, (byte) 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) seed}));
        MAKERS.put("InetSocketAddress", seed -> InetSocketAddress.createUnresolved("u.example", 81 + seed % 1000));
        MAKERS.put("File", seed -> new File("dir/file" + seed));
        MAKERS.put("Pattern", seed -> Pattern.compile("a.c{" + seed % 9 + "}", Pattern.CASE_INSENSITIVE));
        MAKERS.put("Enum", seed -> Colour.values()[seed % 3]);
        MAKERS.put("EnumSet", seed -> EnumSet.of(TimeUnit.SECONDS, TimeUnit.values()[seed % 7]));
        MAKERS.put("EnumMap", seed -> {
            EnumMap<Colour, Object> map = new EnumMap<>(Colour.class);
            map.put(Colour.BLUE, seed);
            map.put(Colour.GREEN, "g");
            return map;
        });
        MAKERS.put("BitSet", seed -> BitSet.valueOf(new long[] {1L << seed % 64, 5}));
    }

    private static List<Object> elements(int seed) {
        return Arrays.asList("x", seed, null, List.of("nested", seed), TIME, "😀");
    }

    private static List<String> words(int seed) {
        return List.of("x" + seed, "y", "zeta", "😀", "");
    }

    private static void collections() {
        MAKERS.put("ArrayList", seed -> new ArrayList<>(elements(seed)));
        MAKERS.put("LinkedList", seed -> new LinkedList<>(elements(seed)));
        MAKERS.put("Vector", seed -> new Vector<>(elements(seed)));
        MAKERS.put("Stack", seed -> {
            Stack<Object> stack = new Stack<>();
            stack.push("bottom");
            stack.push(seed);
            return stack;
        });
        MAKERS.put("ArrayDeque", seed -> new ArrayDeque<>(words(seed)));
        MAKERS.put("PriorityQueue", seed -> new PriorityQueue<>(List.of(9, 4, 7, seed, 1)));
        MAKERS.put("HashSet", seed -> new HashSet<>(words(seed)));
        MAKERS.put("LinkedHashSet", seed -> new LinkedHashSet<>(words(seed)));
        MAKERS.put("TreeSet", seed -> new TreeSet<>(words(seed)));
        MAKERS.put("TreeSet-reversed", seed -> {
            TreeSet<String> set = new TreeSet<>(Collections.reverseOrder());
            set.addAll(words(seed));
            return set;
        });
    }

    private static <M extends Map<Object, Object>> M filled(M map, int seed) {
        map.put("one", 1);
        map.put("seed", seed);
        map.put("list", new ArrayList<>(List.of("a", "b")));
        map.put("__proto__", "an ordinary key");
        return map;
    }

    private static void maps() {
        MAKERS.put("HashMap", seed -> filled(new HashMap<>(), seed));
        MAKERS.put("HashMap-empty", seed -> new HashMap<>());
        MAKERS.put("HashMap-integer-keys", seed -> new HashMap<>(Map.of(1, "one", seed + 2, "two")));
        MAKERS.put("HashMap-null-key", seed -> {
            HashMap<Object, Object> map = filled(new HashMap<>(), seed);
            map.put(null, null);
            return map;
        });
        MAKERS.put("HashMap-at-key", seed -> new HashMap<>(Map.of("@class", "not a class", "seed", seed)));
        MAKERS.put("LinkedHashMap", seed -> filled(new LinkedHashMap<>(), seed));
        MAKERS.put("TreeMap", seed -> filled(new TreeMap<>(), seed));
        MAKERS.put("Hashtable", seed -> filled(new Hashtable<>(), seed));
        MAKERS.put("Properties", seed -> {
            Properties properties = new Properties(new Properties());
            properties.setProperty("k", "v" + seed);
            return properties;
        });
        MAKERS.put("IdentityHashMap", seed -> new IdentityHashMap<>(Map.of("k", seed)));
        MAKERS.put("SimpleEntry", seed -> new AbstractMap.SimpleEntry<>("key", seed));
    }

    private static void wrappers() {
        MAKERS.put("List.of", seed -> List.of(1, "two", seed));
        MAKERS.put("List.of-empty", seed -> List.of());
        MAKERS.put("Set.of", seed -> Set.of("a", "b", "c" + seed));
        MAKERS.put("Map.of", seed -> Map.of("a", 1, "b", seed));
        MAKERS.put("Arrays.asList", seed -> Arrays.asList("a", "b", "c" + seed));
        MAKERS.put("emptyList", seed -> Collections.emptyList());
        MAKERS.put("emptyMap", seed -> Collections.emptyMap());
        MAKERS.put("emptySet", seed -> Collections.emptySet());
        MAKERS.put("singletonList", seed -> Collections.singletonList(seed));
        MAKERS.put("singletonMap", seed -> Collections.singletonMap("k", seed));
        MAKERS.put("singleton", seed -> Collections.singleton("only " + seed));
        MAKERS.put("nCopies", seed -> Collections.nCopies(1 + seed % 5, "again"));
        MAKERS.put("unmodifiableCollection", seed -> Collections.unmodifiableCollection(new ArrayList<>(elements(seed))));
        MAKERS.put("unmodifiableList", seed -> Collections.unmodifiableList(new ArrayList<>(elements(seed))));
        MAKERS.put("unmodifiableSet", seed -> Collections.unmodifiableSet(new HashSet<>(words(seed))));
        MAKERS.put("unmodifiableSortedSet", seed -> Collections.unmodifiableSortedSet(new TreeSet<>(words(seed))));
        MAKERS.put("unmodifiableMap", seed -> Collections.unmodifiableMap(filled(new HashMap<>(), seed)));
        MAKERS.put("unmodifiableSortedMap", seed -> Collections.unmodifiableSortedMap(filled(new TreeMap<>(), seed)));
        MAKERS.put("synchronizedList", seed -> Collections.synchronizedList(new ArrayList<>(elements(seed))));
        MAKERS.put("synchronizedSet", seed -> Collections.synchronizedSet(new LinkedHashSet<>(words(seed))));
        MAKERS.put("synchronizedMap", seed -> Collections.synchronizedMap(filled(new HashMap<>(), seed)));
        MAKERS.put("checkedList", seed -> Collections.checkedList(new ArrayList<>(words(seed)), String.class));
        MAKERS.put("newSetFromMap", seed -> {
            Set<String> set = Collections.newSetFromMap(new LinkedHashMap<>());
            set.addAll(words(seed));
            return set;
        });
        MAKERS.put("asLifoQueue", seed -> Collections.asLifoQueue(new ArrayDeque<>(words(seed))));
    }

    private static void arrays() {
        MAKERS.put("byte[]", seed -> ("bytes " + seed + " \0\u00ff").getBytes(StandardCharsets.ISO_8859_1));
        MAKERS.put("char[]", seed -> ("chars " + seed).toCharArray());
        MAKERS.put("short[]", seed -> new short[] {-1, (short) seed});
        MAKERS.put("int[]", seed -> new int[] {1, -1, seed});
        MAKERS.put("long[]", seed -> new long[] {1, Long.MAX_VALUE, seed});
        MAKERS.put("float[]", seed -> new float[] {1.5f, Float.NaN, seed});
        MAKERS.put("double[]", seed -> new double[] {1.5, Double.POSITIVE_INFINITY, -0.0, 1e-300, seed});
        MAKERS.put("boolean[]", seed -> new boolean[] {true, false, seed % 2 == 0});
        MAKERS.put("int[][]", seed -> new int[][] {{1, 2}, {}, null, {seed}});
        MAKERS.put("String[]", seed -> new String[] {"a", null, "c" + seed});
        MAKERS.put("Object[]", seed -> elements(seed).toArray());
        MAKERS.put("Colour[]", seed -> new Colour[] {Colour.RED, Colour.GREEN, Colour.values()[seed % 3]});
    }

    private static void concurrent() {
        MAKERS.put("AtomicInteger", seed -> new AtomicInteger(seed));
        MAKERS.put("AtomicLong", seed -> new AtomicLong(Long.MAX_VALUE - seed));
        MAKERS.put("AtomicBoolean", seed -> new AtomicBoolean(seed % 2 == 0));
        MAKERS.put("AtomicReference", seed -> new AtomicReference<>(new ArrayList<>(List.of("held", seed))));
        MAKERS.put("AtomicIntegerArray", seed -> new AtomicIntegerArray(new int[] {1, seed}));
        MAKERS.put("LongAdder", seed -> {
            LongAdder adder = new LongAdder();
            adder.add(seed);
            return adder;
        });
        MAKERS.put("ConcurrentHashMap", seed -> filled(new ConcurrentHashMap<>(), seed));
        MAKERS.put("ConcurrentHashMap.keySet", seed -> {
            Set<String> set = ConcurrentHashMap.newKeySet();
            set.addAll(words(seed));
            return set;
        });
        MAKERS.put("ConcurrentSkipListMap", seed -> filled(new ConcurrentSkipListMap<>(), seed));
        MAKERS.put("ConcurrentSkipListSet", seed -> new ConcurrentSkipListSet<>(words(seed)));
        MAKERS.put("ConcurrentLinkedQueue", seed -> new ConcurrentLinkedQueue<>(words(seed)));
        MAKERS.put("ConcurrentLinkedDeque", seed -> new ConcurrentLinkedDeque<>(words(seed)));
        MAKERS.put("CopyOnWriteArrayList", seed -> new CopyOnWriteArrayList<>(elements(seed)));
        MAKERS.put("CopyOnWriteArraySet", seed -> new CopyOnWriteArraySet<>(words(seed)));
        MAKERS.put("LinkedBlockingQueue", seed -> new LinkedBlockingQueue<>(words(seed)));
    }

    private static void ours() {
        MAKERS.put("custom-class", seed -> customer(seed));
        MAKERS.put("externalizable", seed -> new Preferences("de", seed, new ArrayList<>(List.of("n", seed))));
        MAKERS.put("record", seed -> new Address("Main Street", seed, Map.of("floor", "3")));
        MAKERS.put("cyclic-graph", seed -> Ring.of(2 + seed % 4));
        MAKERS.put("cyclic-list", seed -> {
            List<Object> list = new ArrayList<>(List.of("me", seed));
            list.add(list);
            return list;
        });
        MAKERS.put("shared-within", seed -> {
            Collection<Object> inner = new ArrayList<>(List.of("shared", seed));
            byte[] bytes = {1, 2, (byte) seed};
            return new ArrayList<>(Arrays.asList(inner, bytes, inner, bytes, Map.of("again", inner)));
        });
        MAKERS.put("list-subclass", seed -> new Basket("Ann", List.of("apple", seed)));
        MAKERS.put("map-subclass", seed -> {
            LeastRecentlyUsed cache = new LeastRecentlyUsed(2);
            cache.put("gone", 0);
            cache.put("b", seed);
            cache.put("a", List.of(1));
            return cache;
        });
        MAKERS.put("shop-cart", seed -> new Cart("ann", -seed, List.of("tea", "milk")));
        MAKERS.put("exception", seed -> new IllegalStateException("state " + seed, new java.io.IOException("cause")));
    }

    private static Customer customer(int seed) {
        return new Customer("Ann " + seed, 9_000_000_000_000_000_000L + seed, Colour.values()[seed % 3])
            .with(new Address("High Street", seed, Map.of()))
            .with(new Address("Low Street", -seed, Map.of("door", "left")));
    }
}
