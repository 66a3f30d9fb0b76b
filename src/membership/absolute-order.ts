import type { Member } from './member.js';

/**
 * Orders members by host, port and unique id, the same on all nodes (AbsoluteOrder): a shorter address first, bytes unsigned, as in
 * 9.0.119, 10.1.56, 11.0.23, 12 and later. Releases before that take them as signed.
 */
export function absoluteOrder(a: Member, b: Member): number {
  const [one, other] = [a.info.host, b.info.host];
  return (
    one.length - other.length ||
    one.compare(other) ||
    a.port - b.port ||
    (a.uniqueId < b.uniqueId ? -1 : Number(a.uniqueId > b.uniqueId))
  );
}
