/** A warning or error that may stand in a Tomcat's log, and why. */
export interface Expected {
  readonly pattern: RegExp;
  readonly why: string;
  /** Only while the Tomcat is stopping. */
  readonly whileStopping?: true;
}

/** Its receiver closes all connections (`NioReceiver.closeSelector`) while a thread reads from one. */
export const CLOSED_UNDER_ITS_READER =
  /NioReplicationTask[. ]run IOException in replication worker.*Keep alive socket closed\[null\]/;

/** The same while a thread handles a message; no reason means that this side has closed (`ClosedChannelException`). */
const CLOSED_BEFORE_ITS_ANSWER =
  /NioReplicationTask[. ]sendAck Unable to send ACK back through channel, channel disconnected\?: \[null\]/;

/** What a Tomcat says by itself, in a cluster or not. */
const HARMLESS: readonly Expected[] = [
  {
    pattern: /createSecureRandom Creation of SecureRandom instance .* took \[[\d,]+\] milliseconds/,
    why: 'a slow machine: Tomcat warns from 100 ms on',
  },
  {
    pattern: CLOSED_UNDER_ITS_READER,
    why: 'its receiver closes all connections while a thread reads from one',
    whileStopping: true,
  },
  {
    pattern: CLOSED_BEFORE_ITS_ANSWER,
    why: 'its receiver closes all connections while a thread is about to acknowledge',
    whileStopping: true,
  },
];

export interface LogRecord {
  readonly level: 'WARNING' | 'SEVERE';
  /** The record with its stack trace, if any. */
  readonly text: string;
  /** Whether the Tomcat was stopping. */
  readonly stopping: boolean;
}

const STOPS = /AbstractProtocol\.pause Pausing ProtocolHandler/;
const STARTS = /AbstractProtocol\.init Initializing ProtocolHandler/;
const HEAD = /^\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d\.\d{3} (\w+) /;

/** Warnings and errors of a log in juli's one-line format. A record that is not in that format counts as SEVERE. */
export function troubles(log: string, expected: readonly Expected[] = []): LogRecord[] {
  const tolerated = [...HARMLESS, ...expected];
  return records(log).filter(
    ({ text, stopping }) =>
      !tolerated.some(
        ({ pattern, whileStopping }) => pattern.test(text) && (stopping || whileStopping !== true),
      ),
  );
}

function records(log: string): LogRecord[] {
  const found: { level: string; lines: string[]; stopping: boolean }[] = [];
  let stopping = false;
  for (const line of log.split('\n')) {
    const level = HEAD.exec(line)?.[1];
    const last = found.at(-1);
    if (level !== undefined) {
      stopping = (stopping || STOPS.test(line)) && !STARTS.test(line);
      found.push({ level, lines: [line], stopping });
    } else if (last !== undefined && last.level !== 'none') {
      last.lines.push(line);
    } else if (line.trim() !== '') {
      found.push({ level: 'SEVERE', lines: [line], stopping });
    }
  }
  return found.flatMap(({ level, lines, stopping }) =>
    level === 'WARNING' || level === 'SEVERE' ? [{ level, text: lines.join('\n').trimEnd(), stopping }] : [],
  );
}
