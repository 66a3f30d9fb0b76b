import java.awt.Component;
import java.awt.Container;
import java.awt.Frame;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import javax.swing.JButton;
import javax.swing.JTable;
import javax.swing.JTextField;
import javax.swing.SwingUtilities;

/**
 * Starts a demonstration program that is a window, and uses it as somebody would who sits before it, told line by line on standard input:
 * "press COMMAND TEXT…" fills in the fields beside the button of that action command and presses it, "table" tells what the table shows.
 * Each is answered by a line "pressed COMMAND" or "table ROWS", the cells of a row separated by tabs, the rows by "||".
 */
public class DemoWindow {

    public static void main(String[] words) throws Exception {
        String[] itsWords = java.util.Arrays.copyOfRange(words, 1, words.length);
        Thread program = new Thread(() -> {
            try {
                Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) itsWords);
            } catch (ReflectiveOperationException e) {
                e.printStackTrace();
                System.exit(1);
            }
        });
        program.setDaemon(true);
        program.start();
        BufferedReader told = new BufferedReader(new InputStreamReader(System.in));
        for (String line = told.readLine(); line != null; line = told.readLine()) {
            String[] order = line.split(" ");
            SwingUtilities.invokeAndWait(() -> {
                if (order[0].equals("press")) {
                    press(order);
                    System.out.println("pressed " + order[1]);
                } else {
                    System.out.println("table " + rows(only(JTable.class)));
                }
            });
        }
    }

    private static void press(String[] order) {
        JButton button = all(JButton.class).stream().filter(one -> order[1].equals(one.getActionCommand())).findFirst()
                .orElseThrow();
        List<JTextField> fields = within(button.getParent(), JTextField.class);
        for (int i = 2; i < order.length; i++) {
            fields.get(i - 2).setText(order[i]);
        }
        button.doClick();
    }

    /** Without its first row, which has the titles of the columns. */
    private static String rows(JTable table) {
        StringJoiner rows = new StringJoiner("||");
        for (int row = 1; row < table.getRowCount(); row++) {
            StringJoiner cells = new StringJoiner("\t");
            for (int column = 1; column < table.getColumnCount(); column++) {
                cells.add(String.valueOf(table.getValueAt(row, column)));
            }
            rows.add(cells.toString());
        }
        return rows.toString();
    }

    private static <T extends Component> T only(Class<T> kind) {
        return all(kind).get(0);
    }

    private static <T extends Component> List<T> all(Class<T> kind) {
        List<T> found = new ArrayList<>();
        for (Frame frame : Frame.getFrames()) {
            found.addAll(within(frame, kind));
        }
        return found;
    }

    private static <T extends Component> List<T> within(Container container, Class<T> kind) {
        List<T> found = new ArrayList<>();
        for (Component component : container.getComponents()) {
            if (kind.isInstance(component)) {
                found.add(kind.cast(component));
            } else if (component instanceof Container) {
                found.addAll(within((Container) component, kind));
            }
        }
        return found;
    }
}
