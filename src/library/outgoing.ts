import { TribesError } from '../base/index.js';
import { toJava, writeStream, type JavaValue } from '../java/index.js';
import type { Member } from '../membership/index.js';
import type { NodeView } from '../node/index.js';
import { parseSendOptions } from '../wire/index.js';
import type { Access } from './access.js';
import { clusterMember, type ClusterMember } from './member.js';
import { notWriting } from './session-changes.js';

/** A member that a message did not reach. */
export interface Unreached {
  readonly member: ClusterMember;
  readonly cause: Error;
}

/** What a program sends over the channel: whether it may, as what, and to whom. */
export class Outgoing {
  readonly #node: Pick<NodeView, 'channel' | 'messages'>;
  readonly #access: Access;
  readonly #isOpen: () => boolean;

  constructor(node: Pick<NodeView, 'channel' | 'messages'>, access: Access, isOpen: () => boolean) {
    this.#node = node;
    this.#access = access;
    this.#isOpen = isOpen;
  }

  /** Errors: TRIBES_E_LIBRARY_LEFT, TRIBES_E_LIBRARY_READ_ONLY. */
  check(): void {
    if (!this.#isOpen()) {
      throw new TribesError('TRIBES_E_LIBRARY_LEFT', {});
    }
    if (this.#node.messages.vet === null) {
      throw notWriting();
    }
  }

  /** The Java value, judged. Errors: TRIBES_E_JAVA_FROM_JS, TRIBES_E_JAVA_CLASS, TRIBES_E_WRITE_CLASS, TRIBES_E_WRITE_LIMIT. */
  java(value: unknown): { readonly value: JavaValue; readonly stream: Buffer } {
    const converted = toJava(value ?? null, this.#access.classes);
    const stream = writeStream({ contents: [converted] });
    if (converted !== null) {
      this.#node.messages.vet?.(stream);
    }
    return { value: converted, stream };
  }

  /** Those of `wanted` that are members, all of them by default, and those that are none any more. */
  to(wanted: readonly ClusterMember[] | undefined): { members: readonly Member[]; unreached: Unreached[] } {
    const known = this.#node.channel.members();
    if (wanted === undefined) {
      return { members: known, unreached: [] };
    }
    const members: Member[] = [];
    const unreached: Unreached[] = [];
    for (const member of wanted) {
      const { name, uniqueId } = member;
      const found = known.find((candidate) => candidate.uniqueId === uniqueId && candidate.name === name);
      if (found === undefined) {
        unreached.push({ member, cause: new TribesError('TRIBES_E_LIBRARY_MEMBER', { member: name }) });
      } else {
        members.push(found);
      }
    }
    return { members, unreached };
  }
}

/** Error: TRIBES_E_SEND_OPTION. */
export function sendOptionsOf(options: number | string): number {
  return typeof options === 'number' ? options : parseSendOptions(options);
}

export function unreachedBy(
  faulty: readonly { readonly member: Member; readonly cause: Error }[],
): Unreached[] {
  return faulty.map(({ member, cause }) => ({ member: clusterMember(member), cause }));
}
