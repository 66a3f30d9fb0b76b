import java.io.ByteArrayOutputStream;
import java.io.Externalizable;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectInputStream;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JVM beside registered classes. `write FOLDER` writes objects of its classes; `check FOLDER NAME…` reads NAME.back, and
 * fails unless it writes what was read with the very bytes of NAME.ser.
 */
public final class ClassPeer {
  public static class Entity implements Serializable {
    private static final long serialVersionUID = -5L;
    private final int id;
    private final String name;

    Entity(int id, String name) {
      this.id = id;
      this.name = name;
    }
  }

  /** Every sort of field, a field that hides one of its superclass, a cycle, and an object that is met twice. */
  public static class Cart extends Entity {
    private static final long serialVersionUID = 7_622_494_193_198_739_048L;
    private final String name;
    private final byte tiny = -128;
    private final short small = -2;
    private final char sign = '\u20ac';
    private final int count = -1;
    private final long total = Long.MIN_VALUE;
    private final float rate = 0.1f;
    private final double price = -2.25;
    private final boolean open = true;
    private final Integer boxedInt;
    private final Long boxedLong;
    private final Object missing = null;
    private final int[] counts = {-1, 0, Integer.MAX_VALUE};
    private final long[] totals = {-1L, 5L};
    private final byte[] data = {-1, 0, 1};
    private final String[] tags = {new String("red"), null};
    private final List<Object> items = new ArrayList<>();
    private final Map<String, Object> extra = new LinkedHashMap<>();
    private final transient int visits = 12;
    private Cart self;
    private Cart other;

    Cart(int id, String nameOfEntity, String name) {
      super(id, nameOfEntity);
      this.name = name;
      boxedInt = id * 1000;
      boxedLong = id * 1000L;
    }
  }

  public static class Log implements Serializable {
    private static final long serialVersionUID = 1L;
    private String title = "title";
    private transient List<Object> lines;

    Log(String line) {
      lines = new ArrayList<>(List.of(line, -line.length()));
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.defaultWriteObject();
      out.writeByte(-3);
      out.writeShort(-4);
      out.writeInt(-5);
      out.writeLong(-6L);
      out.writeFloat(0.5f);
      out.writeDouble(-0.25);
      out.writeBoolean(true);
      out.writeChar('x');
      out.writeUTF("caf\u00e9 \0");
      out.writeObject(lines);
      out.writeInt(-7);
    }

    @SuppressWarnings("unchecked")
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      expect(in.readByte() == -3 && in.readShort() == -4 && in.readInt() == -5 && in.readLong() == -6L);
      expect(in.readFloat() == 0.5f && in.readDouble() == -0.25 && in.readBoolean() && in.readChar() == 'x');
      expect(in.readUTF().equals("caf\u00e9 \0"));
      lines = (List<Object>) in.readObject();
      expect(in.readInt() == -7);
    }
  }

  /** A subclass with a writeObject of its own, and one that leaves its fields out. */
  public static class Journal extends Log {
    private static final long serialVersionUID = 2L;
    private int pages = 99;
    private transient Log appendix;

    Journal() {
      super("one");
      appendix = new Log("in the appendix");
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.writeInt(pages);
      out.writeObject(appendix);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      pages = in.readInt();
      appendix = (Log) in.readObject();
    }
  }

  public static class Point implements Externalizable {
    private static final long serialVersionUID = 3L;
    private int x = -10;
    private Object within;

    public Point() {}

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      out.writeInt(x);
      out.writeObject(within);
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
      x = in.readInt();
      within = in.readObject();
    }
  }

  public static class Basket extends ArrayList<Object> {
    private static final long serialVersionUID = 4L;
    private final String owner = "Ann";
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    if (args[0].equals("write")) {
      for (Map.Entry<String, Object> value : values().entrySet()) {
        Files.write(folder.resolve(value.getKey() + ".ser"), written(value.getValue()));
      }
    } else {
      for (String name : Arrays.asList(args).subList(2, args.length)) {
        check(folder, name);
      }
    }
  }

  private static Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("cart", cart("first of Entity", "first"));
    // Two strings that are equal and not the same, as two fields have them that one property stands for.
    values.put("twin", cart(new String("same"), "same"));
    values.put("log", new Log("one"));
    Journal journal = new Journal();
    ((Log) journal).title = "of the journal";
    values.put("journal", journal);
    Point point = new Point();
    point.within = new ArrayList<>(List.of(point, "deep"));
    values.put("point", point);
    Basket basket = new Basket();
    basket.add("bread");
    basket.add(-1);
    values.put("basket", basket);
    return values;
  }

  private static Cart cart(String nameOfEntity, String name) {
    Cart cart = new Cart(-3, nameOfEntity, name);
    Cart other = new Cart(4, new String("second"), "second");
    cart.self = cart;
    cart.other = other;
    cart.items.add(other);
    cart.items.add("item");
    cart.extra.put("cart", cart);
    cart.extra.put("count", 5);
    return cart;
  }

  private static void check(Path folder, String name) throws Exception {
    Object value;
    try (ObjectInputStream in = new ObjectInputStream(Files.newInputStream(folder.resolve(name + ".back")))) {
      value = in.readObject();
    }
    if (!Arrays.equals(written(value), Files.readAllBytes(folder.resolve(name + ".ser")))) {
      throw new IllegalStateException(name + " is another object than was written");
    }
  }

  private static byte[] written(Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    return bytes.toByteArray();
  }

  private static void expect(boolean condition) {
    if (!condition) {
      throw new IllegalStateException("a log was read with other data than were written");
    }
  }
}
