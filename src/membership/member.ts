import type { UniqueId } from '../base/index.js';
import type { MemberPackage } from '../wire/index.js';
import { endpointText, hostText } from './host-address.js';

/** Host, port and unique id as one text: equal exactly when Tomcat's `MemberImpl.equals` is true. */
export type MemberKey = string & { readonly memberKey: true };

/** One node of the cluster. The same object for as long as the member stays; its `info` is the newest heartbeat's. */
export interface Member {
  readonly key: MemberKey;
  readonly uniqueId: UniqueId;
  /** Text of the address: dotted IPv4, or IPv6. */
  readonly host: string;
  readonly port: number;
  /** Where it takes messages by UDP; -1: nowhere. */
  readonly udpPort: number;
  /** `tcp://host:port`, for logs and lists. */
  readonly name: string;
  /** What it last announced of itself. Domain and ports stay as first heard (McastServiceImpl). */
  readonly info: MemberPackage;
}

/** The package of a sender stays the same object for many messages (`ChannelDataReader`). */
const keys = new WeakMap<MemberPackage, MemberKey>();

export function memberKey(info: MemberPackage): MemberKey {
  let key = keys.get(info);
  if (key === undefined) {
    key = `${info.host.toString('hex')}:${info.port}:${info.uniqueId}` as MemberKey;
    keys.set(info, key);
  }
  return key;
}

export function makeMember(info: MemberPackage): Member {
  return new AnnouncedMember(info);
}

/** A member whose `info` moves on with what it announces. */
export class AnnouncedMember implements Member {
  readonly key: MemberKey;
  readonly uniqueId: UniqueId;
  readonly host: string;
  readonly port: number;
  readonly udpPort: number;
  readonly name: string;
  #info: MemberPackage;

  constructor(info: MemberPackage) {
    this.key = memberKey(info);
    this.uniqueId = info.uniqueId;
    this.host = hostText(info.host);
    this.port = info.port;
    this.udpPort = info.udpPort;
    this.name = `tcp://${endpointText(this.host, info.port)}`;
    this.#info = info;
  }

  get info(): MemberPackage {
    return this.#info;
  }

  /** Takes over what may change while a member stays: alive time, payload and command (`Membership.memberAlive`). */
  update({ aliveTime, payload, command }: MemberPackage): void {
    this.#info = { ...this.#info, aliveTime, payload, command };
  }
}
