import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads the streams 0.ser to (COUNT - 1).ser of FOLDER. Of each it prints one line: what came of it (the class of the
 * object, or ! and the failure), a blank, and the classes that it was asked for; and writes the object again as N.out.ser.
 */
public final class ValuePeer {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    StringBuilder lines = new StringBuilder();
    for (int number = 0; number < Integer.parseInt(args[1]); number++) {
      Set<String> asked = new TreeSet<>();
      lines.append(read(folder, number, asked)).append(' ').append(String.join(",", asked)).append('\n');
    }
    System.out.print(lines);
  }

  private static String read(Path folder, int number, Set<String> asked) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve(number + ".ser"));
    try (ObjectInputStream in = new Asked(bytes, asked)) {
      Object object = in.readObject();
      String name = object.getClass().getName();
      try (OutputStream file = Files.newOutputStream(folder.resolve(number + ".out.ser"));
          ObjectOutputStream out = new ObjectOutputStream(file)) {
        out.writeObject(object);
      }
      return name;
    } catch (Exception | StackOverflowError | OutOfMemoryError failure) {
      return "!" + failure.getClass().getName();
    }
  }

  private static final class Asked extends ObjectInputStream {
    private final Set<String> asked;

    Asked(byte[] bytes, Set<String> asked) throws IOException {
      super(new ByteArrayInputStream(bytes));
      this.asked = asked;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass desc) throws IOException, ClassNotFoundException {
      asked.add(desc.getName());
      return super.resolveClass(desc);
    }

    @Override
    protected Class<?> resolveProxyClass(String[] interfaces) throws IOException, ClassNotFoundException {
      asked.add("a proxy");
      return super.resolveProxyClass(interfaces);
    }
  }
}
