import { TribesError, type UniqueId } from '../../base/index.js';
import { parseDomain } from '../domain.js';

/** An entry of the list, as `org.apache.catalina.tribes.membership.StaticMember` has it. */
export interface StaticMember {
  /** Address or name. */
  readonly host: string;
  readonly port: number;
  /** -1 when unused. */
  readonly securePort: number;
  readonly udpPort: number;
  /** Undefined: not said. */
  readonly uniqueId: UniqueId | undefined;
  readonly domain: Buffer;
}

/**
 * The text of an entry: `host:port`, an IPv6 address in brackets, and behind semicolons `uniqueId=` (16 signed decimals
 * in braces, as in `server.xml`, or 32 hexadecimal digits), `domain=`, `securePort=`, `udpPort=`.
 *
 * Errors: TRIBES_E_MEMBERSHIP_STATIC, TRIBES_E_MEMBERSHIP_DOMAIN.
 */
export function parseStaticMember(text: string): StaticMember {
  const [place = '', ...attributes] = text.split(';').map((part) => part.trim());
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(place) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) {
    throw wrong(text, `"${place}" is not host:port`);
  }
  const found = new Map(attributes.filter((part) => part !== '').map((part) => attributeOf(text, part)));
  const id = found.get('uniqueId');
  return {
    host,
    port: portOf(text, port ?? '', 1),
    securePort: portOf(text, found.get('securePort') ?? '-1', -1),
    udpPort: portOf(text, found.get('udpPort') ?? '-1', -1),
    uniqueId: id === undefined ? undefined : uniqueIdOf(text, id),
    domain: parseDomain(found.get('domain') ?? ''),
  };
}

const ATTRIBUTES = ['uniqueId', 'domain', 'securePort', 'udpPort'];

function attributeOf(text: string, part: string): [string, string] {
  const [, name = '', value = ''] = /^(\w+)\s*=\s*(.*)$/.exec(part) ?? [];
  if (!ATTRIBUTES.includes(name)) {
    throw wrong(text, `"${part}" is none of ${ATTRIBUTES.map((known) => `${known}=…`).join(', ')}`);
  }
  return [name, value];
}

function portOf(text: string, port: string, least: number): number {
  const number = /^-?\d{1,5}$/.test(port) ? Number(port) : NaN;
  if (!(number >= least && number <= 65_535)) {
    throw wrong(text, `"${port}" is no port`);
  }
  return number;
}

function uniqueIdOf(text: string, id: string): UniqueId {
  const bytes = id.startsWith('{') ? parseDomain(id) : Buffer.from(id, 'hex');
  if (bytes.length !== 16 || (!id.startsWith('{') && id.length !== 32)) {
    throw wrong(text, 'a uniqueId is {16 decimals from -128 to 127} or 32 hexadecimal digits');
  }
  return bytes.toString('hex') as UniqueId;
}

function wrong(entry: string, problem: string): TribesError {
  return new TribesError('TRIBES_E_MEMBERSHIP_STATIC', { entry, problem });
}
