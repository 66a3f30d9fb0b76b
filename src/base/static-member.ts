import { isIP, isIPv6 } from 'node:net';
import { uniqueId, type UniqueId } from './brands.js';
import { parseDomain } from './domain.js';
import { isTribesError, TribesError } from './errors/index.js';

/** A member that is known beforehand, as `<Member>` says it (`org.apache.catalina.tribes.membership.StaticMember`). */
export interface StaticMember {
  /** Address, of IPv6 without brackets, or name. */
  readonly host: string;
  readonly port: number;
  /** -1 when unused. */
  readonly securePort: number;
  /** -1 when unused. */
  readonly udpPort: number;
  /** Undefined: not said. */
  readonly uniqueId: UniqueId | undefined;
  readonly domain: Buffer;
}

const ATTRIBUTES = ['uniqueId', 'domain', 'securePort', 'udpPort'];
const UNIQUE_ID_LENGTH = 16;
const PLACE = /^(?:\[([^\]]*)\]|([^:;?[\]\s]+)):(\d{1,5})\s*(?:([;?])(.*))?$/s;
/** No address that is none: `10.0.0.256` is not looked up. */
const NAME = /^(?![\d.]*$)[\p{L}\p{Nd}_][\p{L}\p{Nd}_.-]*$/u;
const BYTE_LIST = /^\{[^{}]*\}$/;

/**
 * A member as text: `host:port`, an IPv6 address in brackets, and behind it what else is known, `;name=value;…` or, as in a URL,
 * `?name=value&…` with `%20` for a blank. The names are `uniqueId` (16 signed decimals in braces as in `server.xml`, or 32
 * hexadecimal digits), `domain`, `securePort` and `udpPort`.
 *
 * Errors: TRIBES_E_MEMBERSHIP_STATIC, TRIBES_E_MEMBERSHIP_DOMAIN.
 */
export function parseStaticMember(text: string): StaticMember {
  const [place = ''] = text.trim().split(/[;?]/);
  const [, bracketed, plain, port = '', mark, rest = ''] = PLACE.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    throw wrong(text, `"${place}" is not host:port`);
  }
  if (bracketed === undefined ? !isHost(host) : !isIPv6(host)) {
    throw wrong(text, `"${host}" is neither an address nor a name`);
  }
  const given = attributesOf(text, mark === '?' ? [...new URLSearchParams(rest)] : pairsOf(text, rest));
  const id = given.get('uniqueId');
  return {
    host,
    port: portOf(text, port, 1),
    securePort: portOf(text, given.get('securePort') ?? '-1', -1),
    udpPort: portOf(text, given.get('udpPort') ?? '-1', -1),
    uniqueId: id === undefined ? undefined : uniqueIdOf(text, id),
    domain: parseDomain(given.get('domain') ?? ''),
  };
}

/**
 * Members as one text, with blanks between them. Errors: those of `parseStaticMember`; TRIBES_E_MEMBERSHIP_STATIC for one that is
 * there twice.
 */
export function parseStaticMembers(text: string): readonly StaticMember[] {
  const members: StaticMember[] = [];
  for (const word of text.split(/\s+/).filter((it) => it !== '')) {
    const member = parseStaticMember(word);
    const { host, port, uniqueId: id } = member;
    if (members.some((other) => other.host === host && other.port === port && other.uniqueId === id)) {
      throw wrong(word, 'it is there twice');
    }
    members.push(member);
  }
  return members;
}

/**
 * The text of a member, given the attributes of its `<Member>`: such as both lists, with blanks or with commas between the members, take.
 * A host may also be the bytes of an address, `{127,0,0,1}`.
 *
 * Errors: those of `parseStaticMember`.
 */
export function formatStaticMember(attributes: ReadonlyMap<string, string>): string {
  const value = (name: string): string => attributes.get(name)?.trim() ?? '';
  const host = hostOf(value('host'));
  const details = ATTRIBUTES.filter((name) => value(name) !== '').map(
    (name) => `${name}=${escaped(value(name))}`,
  );
  const place = `${isIPv6(host) ? `[${host}]` : host}:${value('port')}`;
  const text = details.length === 0 ? place : `${place}?${details.join('&')}`;
  parseStaticMember(text);
  return text;
}

/** The attributes of the `<Member>` that describes it, those that are not as they would be without. */
export function staticMemberAttributes(member: StaticMember): ReadonlyMap<string, string> {
  const { host, port, securePort, udpPort, uniqueId: id, domain } = member;
  return new Map([
    ['host', host],
    ['port', String(port)],
    ...(securePort === -1 ? [] : [['securePort', String(securePort)] as const]),
    ...(udpPort === -1 ? [] : [['udpPort', String(udpPort)] as const]),
    ...(domain.length === 0 ? [] : [['domain', domainText(domain)] as const]),
    ...(id === undefined ? [] : [['uniqueId', byteListText(Buffer.from(id, 'hex'))] as const]),
  ]);
}

/** A unique id as 16 signed bytes, `{0,1,-2,…}` (`StaticMember.setUniqueId`), or 32 hexadecimal digits. Undefined for any other text. */
export function parseUniqueId(text: string): UniqueId | undefined {
  if (!text.startsWith('{')) {
    return /^[\da-f]{32}$/i.test(text) ? uniqueId(Buffer.from(text, 'hex')) : undefined;
  }
  try {
    const bytes = parseDomain(text);
    return bytes.length === UNIQUE_ID_LENGTH ? uniqueId(bytes) : undefined;
  } catch (error) {
    if (isTribesError(error)) {
      return undefined;
    }
    throw error;
  }
}

/** `{0,1,-1}`, as `server.xml` has bytes (`util.Arrays.fromString`). */
export function byteListText(bytes: Buffer): string {
  return `{${[...bytes].map((byte) => (byte << 24) >> 24).join(',')}}`;
}

function pairsOf(entry: string, text: string): [string, string][] {
  const parts = text.split(';').map((part) => part.trim());
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const [, name, value] = /^(\w+)\s*=\s*(.*)$/s.exec(part) ?? [];
      if (name === undefined || value === undefined) {
        throw wrong(entry, `"${part}" is none of ${ATTRIBUTES.map((known) => `${known}=…`).join(', ')}`);
      }
      return [name, value];
    });
}

function attributesOf(entry: string, pairs: readonly (readonly [string, string])[]): Map<string, string> {
  const found = new Map(pairs);
  const unknown = [...found.keys()].find((name) => !ATTRIBUTES.includes(name));
  if (unknown !== undefined) {
    throw wrong(entry, `"${unknown}" is none of ${ATTRIBUTES.join(', ')}`);
  }
  if (found.size < pairs.length) {
    throw wrong(entry, 'an attribute is there twice');
  }
  return found;
}

function isHost(text: string): boolean {
  return isIP(text) !== 0 || NAME.test(text);
}

function portOf(entry: string, text: string, least: number): number {
  const port = /^-?\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port >= least && port <= 65_535)) {
    throw wrong(entry, `"${text}" is no port`);
  }
  return port;
}

function uniqueIdOf(entry: string, text: string): UniqueId {
  const id = parseUniqueId(text);
  if (id === undefined) {
    throw wrong(entry, 'a uniqueId is {16 decimals from -128 to 127} or 32 hexadecimal digits');
  }
  return id;
}

function hostOf(text: string): string {
  if (!BYTE_LIST.test(text)) {
    return text;
  }
  const bytes = parseDomain(text);
  return bytes.length === 16
    ? Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
    : bytes.join('.');
}

/** As in a URL; lists of bytes stay to be read. */
function escaped(text: string): string {
  return BYTE_LIST.test(text) ? text.replace(/\s/g, '') : encodeURIComponent(text);
}

function domainText(domain: Buffer): string {
  const text = domain.toString('latin1');
  return /^(?!\{)[\x20-\x7e\xa0-\xff]+$/.test(text) && text.trim() === text ? text : byteListText(domain);
}

function wrong(entry: string, problem: string): TribesError {
  return new TribesError('TRIBES_E_MEMBERSHIP_STATIC', { entry, problem });
}
