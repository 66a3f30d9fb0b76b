package tribes.interop.model;

/** An enum of which one constant has a body, and so a class of its own. */
public enum Colour {
    RED,
    GREEN {
        @Override
        public boolean calm() {
            return true;
        }
    },
    BLUE;

    public boolean calm() {
        return false;
    }
}
