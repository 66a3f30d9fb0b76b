import { isIP, isIPv6 } from 'node:net';

const ATTRIBUTES = ['domain', 'uniqueId', 'securePort', 'udpPort'];

const NUMBER = /^-?\d{1,5}$/;

/** Sixteen bytes. */
const UNIQUE_ID = /^\{\s*(?:-?\d{1,3}\s*,\s*){15}-?\d{1,3}\s*,?\s*\}$/;

/**
 * A `<Member>` as it stands in the attribute `members` of a StaticMembershipInterceptor, `host:port?uniqueId={…}`. Undefined where the host is
 * no address, or another attribute cannot be.
 */
export function staticMemberText(attributes: ReadonlyMap<string, string>): string | undefined {
  const value = (name: string): string | undefined => attributes.get(name)?.trim();
  const host = value('host') ?? '';
  const port = value('port') ?? '';
  const { securePort = '-1', udpPort = '-1', uniqueId } = Object.fromEntries(attributes);
  const numbers = [port, securePort, udpPort];
  if (isIP(host) === 0 || !numbers.every((text) => NUMBER.test(text) && Number(text) <= 65_535)) {
    return undefined;
  }
  if (Number(port) < 1 || (uniqueId !== undefined && !UNIQUE_ID.test(uniqueId.trim()))) {
    return undefined;
  }
  const rest = ATTRIBUTES.flatMap((name) => {
    const text = value(name);
    return text === undefined ? [] : [`${name}=${escaped(text)}`];
  });
  const place = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return rest.length === 0 ? place : `${place}?${rest.join('&')}`;
}

/** As in a URL, with lists of bytes still to be read. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/%(?:7B|7D|2C)/g, decodeURIComponent);
}
