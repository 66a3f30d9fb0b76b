import java.io.Externalizable;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectInputStream;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamField;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Random;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/** Values of all sorts that share parts and hold themselves, the same for the same random numbers. */
final class RandomGraph {
  private final Random random;
  /** What was made so far, to be shared. */
  private final List<Object> made = new ArrayList<>();

  RandomGraph(Random random) {
    this.random = random;
  }

  Object[] values() {
    Object[] values = new Object[1 + random.nextInt(8)];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(4);
    }
    return values;
  }

  private Object value(int depth) {
    if (!made.isEmpty() && random.nextInt(5) == 0) {
      return made.get(random.nextInt(made.size()));
    }
    Object value = depth == 0 || random.nextInt(3) == 0 ? scalar() : container(depth - 1);
    if (value != null) {
      made.add(value);
    }
    return value;
  }

  private String text() {
    String[] texts = {"", "plain", "gr\u00fcn \u20ac \uD83D\uDE00", "nul\0", "\uD83D lone \uDC00", "x".repeat(300)};
    return random.nextInt(40) == 0 ? "long ".repeat(14_000) : new String(texts[random.nextInt(texts.length)]);
  }

  private Object scalar() {
    long number = random.nextLong() >>> random.nextInt(64);
    return switch (random.nextInt(34)) {
      case 0 -> null;
      case 1 -> (int) number;
      case 2 -> number;
      case 3 -> random.nextBoolean();
      case 4 -> (byte) number;
      case 5 -> (short) number;
      case 6 -> (char) number;
      case 7 -> Float.intBitsToFloat((int) number);
      case 8 -> Double.longBitsToDouble(random.nextLong());
      case 9 -> BigInteger.valueOf(number).pow(3);
      case 10 -> new BigDecimal(BigInteger.valueOf(number), random.nextInt(20) - 10);
      case 11 -> new Date(number);
      case 12 -> new java.sql.Timestamp(number >>> 20);
      case 13 -> new UUID(number, random.nextLong());
      case 14 -> URI.create("http://example.org/" + number);
      case 15 -> Locale.forLanguageTag("sr-Latn-RS");
      case 16 -> Currency.getInstance("EUR");
      case 17 -> LocalDate.ofEpochDay(number % 100_000);
      case 18 -> LocalDateTime.of(2024, 2, 29, random.nextInt(24), random.nextInt(60));
      case 19 -> ZonedDateTime.of(2024, 2, 29, 7, 5, 9, 1, ZoneId.of("Europe/Paris"));
      case 20 -> Duration.ofSeconds(number >>> 8, 5);
      case 21 -> Instant.ofEpochSecond(number >>> 34);
      case 22 -> Shape.values()[random.nextInt(3)];
      case 23 -> new Class<?>[] {String.class, int.class, int[][].class, Shape.class, Runnable.class}[random.nextInt(5)];
      case 24 -> new AtomicLong(number);
      case 25 -> BitSet.valueOf(new long[] {number});
      case 26 -> new InetSocketAddress(InetAddress.getLoopbackAddress(), (int) (number & 0xffff));
      case 27 -> new File("a/" + (number & 7));
      case 28 -> Pattern.compile("a.*");
      case 29 -> new GregorianCalendar(TimeZone.getTimeZone("Europe/Paris"), Locale.US);
      case 30 -> new StringBuilder(text());
      case 31 -> new Point((int) number, text());
      default -> text();
    };
  }

  private Object container(int depth) {
    return switch (random.nextInt(40)) {
      case 0 -> new ArrayList<>(several(depth));
      case 1 -> new LinkedList<>(several(depth));
      case 2 -> new Vector<>(several(depth));
      case 3 -> new ArrayDeque<>(present(depth));
      case 4 -> new CopyOnWriteArrayList<>(several(depth));
      case 5 -> new ConcurrentLinkedQueue<>(present(depth));
      case 6 -> new LinkedBlockingQueue<>(present(depth));
      case 7 -> filled(new HashMap<>(), depth);
      case 8 -> filled(new LinkedHashMap<>(), depth);
      case 9 -> filled(new TreeMap<>(), depth);
      case 10 -> filled(new Properties(), 0);
      case 11 -> filled(new ConcurrentSkipListMap<>(Collections.reverseOrder()), depth);
      case 12 -> new TreeSet<>(List.of(text(), text() + "a"));
      case 13 -> new LinkedHashSet<>(List.of(text() + "1", text() + "2", Shape.ROUND));
      case 14 -> new PriorityQueue<>(List.of(3, 1, 2));
      case 15 -> new EnumMap<>(Map.of(Shape.ROUND, several(depth)));
      case 16 -> EnumSet.of(Shape.ROUND, Shape.SQUARE);
      case 17 -> Collections.unmodifiableMap(filled(new TreeMap<>(), depth));
      case 18 -> Collections.synchronizedList(several(depth));
      case 19 -> Collections.singletonMap(text(), value(depth));
      case 20 -> Arrays.asList(value(depth), value(depth));
      case 21 -> List.of(text(), text());
      case 22 -> new IdentityHashMap<>(Collections.singletonMap(Shape.ROUND, value(depth)));
      case 23 -> filled(new ConcurrentHashMap<>(), 0);
      case 24 -> new AtomicReference<>(value(depth));
      case 25 -> new Object[] {value(depth), null, value(depth)};
      case 26 -> new String[][] {{text()}, null, {}};
      case 27 -> primitives();
      case 28 -> new IllegalStateException(text(), new IOException(text()));
      case 29, 30 -> new Animal(text(), value(depth), random.nextInt());
      case 31, 32 -> new Dog(text(), value(depth), random.nextInt(), random.nextInt());
      case 33 -> new Parcel(random.nextInt(), text(), value(depth));
      case 34 -> new Ticket(random.nextInt(4), value(depth));
      case 35 -> new Account(random.nextLong(), text());
      case 36 -> new Packet(random.nextInt(), value(depth));
      case 37 -> new Solo(value(depth));
      case 38 -> Proxy.newProxyInstance(
          RandomGraph.class.getClassLoader(), new Class<?>[] {Runnable.class, Comparable.class}, new Handler(value(depth)));
      default -> loop(depth);
    };
  }

  private List<Object> several(int depth) {
    List<Object> list = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      list.add(value(depth));
    }
    return list;
  }

  private List<Object> present(int depth) {
    List<Object> list = several(depth);
    list.removeIf(item -> item == null);
    return list;
  }

  /** Keys are strings, whose order does not change from one JVM to another. */
  private <M extends Map<? super String, Object>> M filled(M map, int depth) {
    for (int i = random.nextInt(5); i > 0; i--) {
      Object value = depth == 0 ? text() : value(depth);
      map.put(text() + i, value == null ? "none" : value);
    }
    return map;
  }

  private Object primitives() {
    int length = random.nextInt(6);
    return switch (random.nextInt(8)) {
      case 0 -> new byte[length];
      case 1 -> new char[length];
      case 2 -> new double[length];
      case 3 -> new float[length];
      case 4 -> random.ints(length).toArray();
      case 5 -> random.longs(length).toArray();
      case 6 -> new short[length];
      default -> new boolean[length];
    };
  }

  /** A cycle through a field, an array and a list. */
  private Object loop(int depth) {
    Animal animal = new Animal(text(), null, 1);
    made.add(animal);
    animal.owner = new Object[] {animal, new ArrayList<>(Arrays.asList(animal, value(depth)))};
    return animal;
  }

  /** What has an identity that matters. */
  interface Mutable { }

  enum Shape {
    ROUND,
    SQUARE,
    /** A constant with a body: a class of its own. */
    ODD {
      @Override
      public String toString() {
        return "odd";
      }
    }
  }

  record Point(int x, String label) implements Serializable { }

  static class Animal implements Serializable, Mutable {
    private static final long serialVersionUID = 1;
    String name;
    Object owner;
    int age;
    transient Object cache = new Object();

    Animal(String name, Object owner, int age) {
      this.name = name;
      this.owner = owner;
      this.age = age;
    }
  }

  /** writeObject with defaultWriteObject, below a class without writeObject. No serialVersionUID. */
  static class Dog extends Animal {
    int tag;

    Dog(String name, Object owner, int age, int tag) {
      super(name, owner, age);
      this.tag = tag;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.defaultWriteObject();
      out.writeUTF("tag");
      out.writeObject(name);
      out.writeInt(tag);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      in.readUTF();
      in.readObject();
      in.readInt();
    }
  }

  /** writeObject that skips the default fields: a block first. */
  static class Parcel implements Serializable, Mutable {
    private static final long serialVersionUID = 2;
    int weight;
    String label;
    Object content;

    Parcel(int weight, String label, Object content) {
      this.weight = weight;
      this.label = label;
      this.content = content;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.writeInt(weight);
      out.writeObject(label);
      out.writeObject(content);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      weight = in.readInt();
      label = (String) in.readObject();
      content = in.readObject();
    }
  }

  /** writeObject that skips the default fields: an object first, and often nothing else. */
  static class Ticket implements Serializable, Mutable {
    private static final long serialVersionUID = 3;
    long seat;
    Object holder;

    Ticket(long seat, Object holder) {
      this.seat = seat;
      this.holder = holder;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.writeObject("ticket");
      out.writeObject(holder);
      for (int i = 0; i < seat; i++) {
        out.writeObject("seat " + i);
      }
      out.writeObject(null);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.readObject();
      holder = in.readObject();
      while (in.readObject() != null) {
        seat++;
      }
    }
  }

  /** putFields: the fields of the stream are not those of the class. */
  static class Account implements Serializable, Mutable {
    private static final long serialVersionUID = 4;
    private static final ObjectStreamField[] serialPersistentFields = {
      new ObjectStreamField("balance", long.class), new ObjectStreamField("owner", String.class)
    };
    private long cents;
    private String holder;

    Account(long cents, String holder) {
      this.cents = cents;
      this.holder = holder;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      ObjectOutputStream.PutField fields = out.putFields();
      fields.put("balance", cents);
      fields.put("owner", holder);
      out.writeFields();
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      ObjectInputStream.GetField fields = in.readFields();
      cents = fields.get("balance", 0L);
      holder = (String) fields.get("owner", null);
    }
  }

  public static class Packet implements Externalizable, Mutable {
    private static final long serialVersionUID = 5;
    private int number;
    private Object content;

    public Packet() { }

    Packet(int number, Object content) {
      this.number = number;
      this.content = content;
    }

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      out.writeInt(number);
      out.writeUTF("packet");
      out.writeObject(content);
      out.write(new byte[Math.floorMod(number, 2000)]);
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
      number = in.readInt();
      in.readUTF();
      content = in.readObject();
      in.readFully(new byte[Math.floorMod(number, 2000)]);
    }
  }

  /** An unshared field. */
  static class Solo implements Serializable, Mutable {
    private static final long serialVersionUID = 6;
    private static final ObjectStreamField[] serialPersistentFields = {
      new ObjectStreamField("own", int[].class, true), new ObjectStreamField("other", Object.class)
    };
    private int[] own = {1, 2, 3};
    private Object other;

    Solo(Object other) {
      this.other = other;
    }
  }

  static class Handler implements InvocationHandler, Serializable {
    private static final long serialVersionUID = 7;
    private Object target;

    Handler(Object target) {
      this.target = target;
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) {
      return switch (method.getName()) {
        case "equals" -> proxy == args[0];
        case "hashCode" -> 1;
        case "toString" -> "proxy";
        default -> null;
      };
    }
  }
}
