import { TribesError } from '../base/index.js';

/** Bits of the options of a message: `org.apache.catalina.tribes.Channel.SEND_OPTIONS_*`. All travel on the wire. */
export const SEND_OPTIONS = {
  /** The message is raw bytes, not a Java object. */
  BYTE_MESSAGE: 0x0001,
  /** Acknowledge on receipt: before processing, unless SYNCHRONIZED_ACK is there too. */
  USE_ACK: 0x0002,
  /** Acknowledge after processing, or FAIL_ACK; no effect without USE_ACK. */
  SYNCHRONIZED_ACK: 0x0004,
  /** Queued by MessageDispatchInterceptor. */
  ASYNCHRONOUS: 0x0008,
  /** Reserved, no effect. */
  SECURE: 0x0010,
  /** Sent by UDP. */
  UDP: 0x0020,
  /** Sent by the membership's multicast socket, to everybody on it. */
  MULTICAST: 0x0040,
} as const;

/** What a receiver does about an acknowledgement. */
export const ACK_OPTIONS = SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK;

/** Text forms (`Channel.getSendOptionValue`); the first name of each bit is the one that Tomcat prints. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['byte', SEND_OPTIONS.BYTE_MESSAGE],
  ['byte_message', SEND_OPTIONS.BYTE_MESSAGE],
  ['use_ack', SEND_OPTIONS.USE_ACK],
  ['sync', SEND_OPTIONS.SYNCHRONIZED_ACK],
  ['synchronized_ack', SEND_OPTIONS.SYNCHRONIZED_ACK],
  ['async', SEND_OPTIONS.ASYNCHRONOUS],
  ['asynchronous', SEND_OPTIONS.ASYNCHRONOUS],
  ['secure', SEND_OPTIONS.SECURE],
  ['udp', SEND_OPTIONS.UDP],
  ['multicast', SEND_OPTIONS.MULTICAST],
]);

/**
 * Options written as a decimal number or as names separated by commas (`Channel.parseSendOptions`).
 *
 * Error: TRIBES_E_SEND_OPTION.
 */
export function parseSendOptions(text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?\d{1,10}$/.test(trimmed) && Number(trimmed) === (Number(trimmed) | 0)) {
    return Number(trimmed);
  }
  return trimmed.split(/\s*,\s*/).reduce((options, name) => {
    const bit = NAMES.get(name);
    if (bit === undefined) {
      throw new TribesError('TRIBES_E_SEND_OPTION', { name, known: [...NAMES.keys()].join(', ') });
    }
    return options | bit;
  }, 0);
}

/** The names of the bits that have one, highest bit first (`Channel.getSendOptionsAsString`). */
export function formatSendOptions(options: number): string {
  const first = new Map([...NAMES].reverse().map(([name, bit]) => [bit, name]));
  return [...first.keys()]
    .sort((a, b) => b - a)
    .filter((bit) => (options & bit) !== 0)
    .map((bit) => first.get(bit))
    .join(', ');
}
