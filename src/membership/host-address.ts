import { isIPv4, isIPv6 } from 'node:net';

/**
 * The text of a raw address: dotted IPv4, IPv6 as RFC 5952 writes it. Bytes that are no address are shown as
 * `MemberImpl` shows them, `{1, 2, 3}`: for people only, nothing connects to that.
 */
export function hostText(bytes: Buffer): string {
  switch (bytes.length) {
    case 4:
      return bytes.join('.');
    case 16:
      return ipv6Text(bytes);
    default:
      return `{${bytes.join(', ')}}`;
  }
}

/** As `InetAddress.getHostAddress` writes it: IPv6 in eight groups, none left out. Ids are made of it. */
export function javaHostText(bytes: Buffer): string {
  return bytes.length === 16
    ? Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
    : bytes.join('.');
}

/** The raw bytes of an IPv4 or IPv6 address (a zone is left out); undefined for any other text. */
export function hostBytes(text: string): Buffer | undefined {
  if (isIPv4(text)) {
    return Buffer.from(text.split('.').map(Number));
  }
  return isIPv6(text) ? ipv6Bytes(text.replace(/%.*$/, '')) : undefined;
}

/** The text of an endpoint: IPv6 addresses stand in brackets. */
export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i));
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) {
    return hex.join(':');
  }
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) {
      longest = { start: i + 1 - length, length };
    }
  }
  return longest;
}

function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const before = groupBytes(head);
  const after = groupBytes(tail ?? '');
  return Buffer.from([...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after]);
}

function groupBytes(text: string): number[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => {
      if (group.includes('.')) {
        return group.split('.').map(Number);
      }
      const value = parseInt(group, 16);
      return [value >> 8, value & 0xff];
    });
}
