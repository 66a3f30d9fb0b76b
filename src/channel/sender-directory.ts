import { makeMember, memberKey, type Member, type MemberKey } from '../membership/index.js';
import type { MemberPackage } from '../wire/index.js';

/** Whom the header of a message names: the member of the list, or else one that is made of what it says of itself. */
export class SenderDirectory {
  readonly #listed: (key: MemberKey) => Member | undefined;
  /** A sender says the same of itself in many messages, in one object. */
  readonly #strangers = new WeakMap<MemberPackage, Member>();

  constructor(listed: (key: MemberKey) => Member | undefined) {
    this.#listed = listed;
  }

  memberOf(info: MemberPackage): Member {
    return this.#listed(memberKey(info)) ?? this.#stranger(info);
  }

  #stranger(info: MemberPackage): Member {
    let member = this.#strangers.get(info);
    if (member === undefined) {
      member = makeMember(info);
      this.#strangers.set(info, member);
    }
    return member;
  }
}
