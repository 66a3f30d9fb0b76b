import { expect } from 'chai';
import type { MemberPackage } from '../../src/wire/index.js';

/** A member as the vectors describe it: byte strings as hex, integers beyond 2^53 as text. */
export interface MemberFields {
  readonly host: string;
  readonly port: number;
  readonly securePort: number;
  readonly udpPort: number;
  readonly aliveTime: number | string;
  readonly uniqueId: string;
  readonly domain: string;
  readonly payload: string;
  readonly command: string;
  readonly name: string;
}

export function expectMember(member: MemberPackage, fields: MemberFields): void {
  expect({
    host: member.host.toString('hex'),
    port: member.port,
    securePort: member.securePort,
    udpPort: member.udpPort,
    aliveTime: String(member.aliveTime),
    uniqueId: member.uniqueId,
    domain: member.domain.toString('hex'),
    payload: member.payload.toString('hex'),
    command: member.command.toString('hex'),
    name: tomcatName(member),
  }).to.deep.equal({ ...fields, aliveTime: String(fields.aliveTime) });
}

/** `MemberImpl.getName` of a parsed member: the vectors name members so. */
export function tomcatName(member: MemberPackage): string {
  return `tcp://{${[...member.host].join(', ')}}:${member.port}`;
}
