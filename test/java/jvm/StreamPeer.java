import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamConstants;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A JVM beside the codec. `write FOLDER SEED COUNT` writes random object graphs: N.ser holds names and values in turn,
 * N.J.ser value J alone, N.odd.ser what only occurs at the top level. `check FOLDER COUNT` reads N.ser and N.spliced, which
 * have to hold the same names and values: written again, each gives the same bytes, and equal references are equal.
 */
public final class StreamPeer {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[1]);
    if (args[0].equals("write")) {
      Random random = new Random(Long.parseLong(args[2]));
      for (int number = 0; number < Integer.parseInt(args[3]); number++) {
        write(folder, number, new RandomGraph(random));
        Files.write(folder.resolve(number + ".odd.ser"), odd(new RandomGraph(random), random));
      }
    } else {
      for (int number = 0; number < Integer.parseInt(args[2]); number++) {
        check(folder, number);
      }
    }
  }

  private static void write(Path folder, int number, RandomGraph graph) throws IOException {
    Object[] values = graph.values();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      for (int i = 0; i < values.length; i++) {
        out.writeObject("name" + i);
        out.writeObject(values[i]);
      }
    }
    Files.write(folder.resolve(number + ".ser"), bytes.toByteArray());
    for (int i = 0; i < values.length; i++) {
      Files.write(folder.resolve(number + "." + i + ".ser"), alone(values[i]));
    }
  }

  private static byte[] alone(Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    return bytes.toByteArray();
  }

  /** Primitives between objects, resets, unshared objects, aborted writes, and at times protocol version 1. */
  private static byte[] odd(RandomGraph graph, Random random) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      if (random.nextInt(8) == 0) {
        out.useProtocolVersion(ObjectStreamConstants.PROTOCOL_VERSION_1);
      }
      for (Object value : graph.values()) {
        switch (random.nextInt(6)) {
          case 0 -> out.reset();
          case 1 -> {
            out.writeUTF("é\0\uD83D " + random.nextInt());
            out.write(new byte[random.nextInt(3000)]);
          }
          case 2 -> out.writeUnshared(value);
          case 3 -> {
            try {
              out.writeObject(new Object[] {value, new ArrayList<>(List.of("x", new Object())), value});
            } catch (IOException expected) {
              out.writeDouble(random.nextDouble());
            }
          }
          default -> { }
        }
        out.writeObject(value);
      }
    }
    return bytes.toByteArray();
  }

  private static void check(Path folder, int number) throws Exception {
    List<Object> original = read(folder.resolve(number + ".ser"));
    List<Object> spliced = read(folder.resolve(number + ".spliced"));
    if (original.size() != spliced.size()) {
      throw new AssertionError(number + ": " + spliced.size() + " objects in place of " + original.size());
    }
    for (int i = 0; i < original.size(); i++) {
      String place = number + ", object " + i;
      if (i % 2 == 0 && !original.get(i).equals(spliced.get(i))) {
        throw new AssertionError(place + ": " + spliced.get(i));
      }
      if (!Arrays.equals(alone(original.get(i)), alone(spliced.get(i)))) {
        throw new AssertionError(place + ": another graph");
      }
      for (int other = 0; other < i; other++) {
        if (original.get(i) instanceof RandomGraph.Mutable
            && (original.get(i) == original.get(other)) != (spliced.get(i) == spliced.get(other))) {
          throw new AssertionError(place + ": identity with object " + other);
        }
      }
    }
  }

  private static List<Object> read(Path file) throws Exception {
    List<Object> objects = new ArrayList<>();
    ByteArrayInputStream bytes = new ByteArrayInputStream(Files.readAllBytes(file));
    try (ObjectInputStream in = new ObjectInputStream(bytes)) {
      while (bytes.available() > 0) {
        objects.add(in.readObject());
      }
    }
    return objects;
  }
}
