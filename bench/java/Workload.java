import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What the sessions of every benchmark hold: ten attributes of mixed types, the same for the same seed, in every JVM. The
 * two workloads differ in how much is in the cart.
 */
enum Workload {

    /** 1.1 KB as a delta. */
    ONE_KB("1k", 5),

    /** 2.2 KB as a delta, 2.3 KB as a list of one session. */
    TWO_KB("2k", 43);

    static final long EPOCH = 1_700_000_000_000L;

    /** The attribute that every delta sets, so that it tells which delta was the last one. */
    static final String VISITS = "visits";

    /** Longer than any benchmark, so that no session of a population ends by itself. */
    static final int A_DAY_IN_SECONDS = 86_400;

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

    private final String label;
    private final int cartLines;

    Workload(String label, int cartLines) {
        this.label = label;
        this.cartLines = cartLines;
    }

    /** By what the user calls it: "1k", "2k". */
    static Workload called(String label) {
        return Arrays.stream(values()).filter(each -> each.label.equals(label)).findFirst().orElseThrow();
    }

    /** Thirty-two hexadecimal digits and a route, as Tomcat makes them. */
    static String sessionId(SplittableRandom random) {
        return String.format("%016X%016X.bench", random.nextLong(), random.nextLong());
    }

    /** The session of that number in a population, which everybody can name without having been told. */
    static String sessionId(long number) {
        return sessionId(new SplittableRandom(number));
    }

    Map<String, Object> attributes(SplittableRandom random, long visits) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("user", text(random, 8) + "@example.org");
        attributes.put(VISITS, visits);
        attributes.put("customer", random.nextInt(1, 1_000_000));
        attributes.put("since", new Date(EPOCH + random.nextInt(1_000_000_000)));
        List<String> cart = new ArrayList<>();
        for (int line = 0; line < cartLines; line++) {
            cart.add("article " + random.nextInt(10_000, 99_999) + ' ' + text(random, 12));
        }
        attributes.put("cart", cart);
        Map<String, Object> preferences = new LinkedHashMap<>();
        preferences.put("language", text(random, 2));
        preferences.put("theme", text(random, 5));
        preferences.put("pageSize", random.nextInt(10, 100));
        attributes.put("preferences", preferences);
        attributes.put("total", BigDecimal.valueOf(random.nextInt(100, 1_000_000), 2));
        attributes.put("newsletter", random.nextInt(2) == 0);
        attributes.put("address", text(random, 10) + " street " + random.nextInt(1, 200) + ", " + text(random, 9));
        attributes.put("csrf", Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()));
        return attributes;
    }

    private static String text(SplittableRandom random, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
