import java.lang.reflect.Method;
import java.net.InetAddress;
import java.util.Hashtable;
import java.util.Scanner;
import java.util.Set;
import java.util.TreeSet;
import org.apache.tomcat.util.IntrospectionUtils;

/**
 * "class NAME": the properties that server.xml can set of that class, one line; "-" when there is no such class.
 * "replace TEXT": what becomes of it with the properties a=1, b=${a}2, c=${c}, n=a.
 */
public class ClassProperties {
  private static final Set<Class<?>> TYPES = Set.of(String.class, int.class, long.class, boolean.class, InetAddress.class);

  public static void main(String[] arguments) throws Exception {
    Hashtable<Object, Object> properties = new Hashtable<>();
    properties.put("a", "1");
    properties.put("b", "${a}2");
    properties.put("c", "${c}");
    properties.put("n", "a");
    Scanner lines = new Scanner(System.in);
    while (lines.hasNextLine()) {
      String[] words = lines.nextLine().split(" ", 2);
      System.out.println(
          words[0].equals("class")
              ? propertiesOf(words[1])
              : IntrospectionUtils.replaceProperties(
                  words[1], properties, null, ClassProperties.class.getClassLoader()));
    }
  }

  private static String propertiesOf(String className) {
    Set<String> names = new TreeSet<>();
    try {
      for (Method method : Class.forName(className).getMethods()) {
        String name = method.getName();
        Class<?>[] parameters = method.getParameterTypes();
        if (name.startsWith("set") && name.length() > 3 && parameters.length == 1 && TYPES.contains(parameters[0])) {
          names.add(Character.toLowerCase(name.charAt(3)) + name.substring(4));
        }
      }
      return String.join(" ", names);
    } catch (ClassNotFoundException noSuchClass) {
      return "-";
    }
  }
}
