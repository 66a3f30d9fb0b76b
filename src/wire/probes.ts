/**
 * Messages of interceptors that a node recognises and swallows whether or not it has the interceptor: the last three
 * come without the byte-message flag, and would be taken for Java objects.
 */

/** `TcpFailureDetector.TCP_FAIL_DETECT`: a connection test; the connection is closed right behind it. */
export const TCP_FAIL_DETECT = Buffer.from(
  '4fa77348798243c99f6f8980a15b07147dd9525bebf1439ab77ebe8f81671eb6' +
    '3715be87457e4ca8bf0a4d135338153255f694b73afa407891047dd77284c0d5',
  'hex',
);

/** `TcpPingInterceptor.TCP_PING_DATA`. */
export const TCP_PING_DATA = Buffer.from(
  '4fa7734879df43c99f6f8980a15b07147dd9525bebdf439ab77ebe8f81671eb6' +
    '3715be8745214ca8bf0a4d135338153255f694b73adf217891047dd77284c0d5',
  'hex',
);

/** `StaticMembershipInterceptor.MEMBER_START`. */
export const MEMBER_START = Buffer.from('Local StaticMember Notification Data', 'latin1');

/** `StaticMembershipInterceptor.MEMBER_STOP`. */
export const MEMBER_STOP = Buffer.from('Local StaticMember Shutdown Data', 'latin1');

export type Probe = 'TCP_FAIL_DETECT' | 'TCP_PING_DATA' | 'MEMBER_START' | 'MEMBER_STOP';

const PROBES: readonly (readonly [Probe, Buffer])[] = [
  ['TCP_FAIL_DETECT', TCP_FAIL_DETECT],
  ['TCP_PING_DATA', TCP_PING_DATA],
  ['MEMBER_START', MEMBER_START],
  ['MEMBER_STOP', MEMBER_STOP],
];

const LONGEST = Math.max(...PROBES.map(([, bytes]) => bytes.length));

/** Which of them the message field of a ChannelData is, as a whole; null for any other message. */
export function probeOf(message: Uint8Array): Probe | null {
  return message.length > LONGEST ? null : (PROBES.find(([, bytes]) => bytes.equals(message))?.[0] ?? null);
}
