import { uniqueId, type UniqueId } from '../base/index.js';
import { parseDomain } from './domain.js';
import { hostBytes } from './host-address.js';
import { makeMember, type Member } from './member.js';

const UNIQUE_ID_LENGTH = 16;
const ATTRIBUTES = ['domain', 'uniqueId', 'securePort', 'udpPort'];
const NOTHING = Buffer.alloc(0);

/**
 * Members as one text, each `host:port?domain=…&uniqueId={0,1,…}&securePort=…&udpPort=…`, with blanks between them; what stands
 * behind the `?` may be left out, and is written as in a URL. A host is an address; of IPv6 in brackets. The unique id is
 * sixteen signed bytes, all 0 unless given (StaticMember). Undefined for any other text.
 */
export function parseStaticMembers(text: string): readonly Member[] | undefined {
  const members: Member[] = [];
  for (const word of text.split(/\s+/).filter((it) => it !== '')) {
    const member = parseStaticMember(word);
    if (member === undefined || members.some(({ key }) => key === member.key)) {
      return undefined;
    }
    members.push(member);
  }
  return members;
}

function parseStaticMember(text: string): Member | undefined {
  const found = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})(?:\?(.*))?$/i.exec(text);
  const host = hostBytes(found?.[1] ?? found?.[2] ?? '');
  const port = portOf(found?.[3], 1);
  const attributes = new URLSearchParams(found?.[4] ?? '');
  const names = [...attributes.keys()];
  const id = parseUniqueId(attributes.get('uniqueId') ?? `{${'0,'.repeat(UNIQUE_ID_LENGTH)}}`);
  const domain = domainOf(attributes.get('domain') ?? '');
  const securePort = portOf(attributes.get('securePort') ?? '-1', -1);
  const udpPort = portOf(attributes.get('udpPort') ?? '-1', -1);
  if (names.some((name, index) => !ATTRIBUTES.includes(name) || names.indexOf(name) !== index)) {
    return undefined;
  }
  return host === undefined ||
    port === undefined ||
    id === undefined ||
    domain === undefined ||
    securePort === undefined ||
    udpPort === undefined
    ? undefined
    : makeMember({
        ...{ aliveTime: 0n, port, securePort, udpPort, host, domain, uniqueId: id },
        ...{ command: NOTHING, payload: NOTHING },
      });
}

/** A unique id as sixteen signed bytes, `{0,1,-2,…}` (StaticMember.setUniqueId). Undefined for any other text. */
export function parseUniqueId(text: string): UniqueId | undefined {
  const bytes = text.startsWith('{') ? domainOf(text) : undefined;
  return bytes?.length === UNIQUE_ID_LENGTH ? uniqueId(bytes) : undefined;
}

function portOf(text: string | undefined, min: number): number | undefined {
  const port = /^-?\d{1,5}$/.test(text ?? '') ? Number(text) : NaN;
  return port >= min && port <= 65_535 ? port : undefined;
}

function domainOf(text: string): Buffer | undefined {
  try {
    return parseDomain(text);
  } catch {
    return undefined;
  }
}
