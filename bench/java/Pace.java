import java.util.concurrent.locks.LockSupport;

/**
 * Messages that are due at even intervals, sent one after the other. What has to wait because the one before it takes too
 * long has waited since it was due: users come when they come. What is sent late because this thread woke up late does not count.
 */
final class Pace {

    private final long period;
    private long due;
    private long waited;
    private long begin;

    /**
     * @param period in nanoseconds
     * @param offset when the first message is due, from now on: senders side by side shall not send at the same moments
     */
    Pace(long period, long offset) {
        this.period = period;
        due = System.nanoTime() + offset;
    }

    /** Until the next message is due; not at all where it is already. */
    void await() {
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
            LockSupport.parkNanos(due - now);
        }
        begin = System.nanoTime();
    }

    /** The message has been acknowledged. Answers the nanoseconds since it would have been due. */
    long done() {
        long took = System.nanoTime() - begin;
        long latency = waited + took;
        waited = Math.max(0, latency - period);
        due += period;
        return latency;
    }
}
