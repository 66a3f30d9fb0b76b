import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** What the sessions of every benchmark hold: the same for the same seed, in every JVM. */
final class Workload {

    static final long EPOCH = 1_700_000_000_000L;

    /** The attribute that every delta sets, so that it tells which delta was the last one. */
    static final String VISITS = "visits";

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

    private Workload() {
    }

    /** Thirty-two hexadecimal digits and a route, as Tomcat makes them. */
    static String sessionId(SplittableRandom random) {
        return String.format("%016X%016X.bench", random.nextLong(), random.nextLong());
    }

    /** Ten attributes of mixed types. */
    static Map<String, Object> attributes(SplittableRandom random, long visits, int cartLines) {
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
