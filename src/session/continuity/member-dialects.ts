import type { FactStore, UniqueId } from '../../base/index.js';
import type { Channel } from '../../channel/index.js';
import type { Member } from '../../membership/index.js';

const DIALECTS = 'member-dialect/';

/** Members remembered at a time. */
const MAX_REMEMBERED = 1024;

/**
 * Which MemberImpl each member has, remembered from run to run by its unique id, which is new with each of its starts: a node that
 * comes back speaks to a Tomcat at once so that it can read it, and puts no error into its log.
 */
export class MemberDialects {
  readonly #facts: FactStore;
  readonly #channel: Pick<Channel, 'dialectOf' | 'hasShownMemberImpl' | 'observeDialect'>;
  readonly #known: Map<UniqueId, bigint>;

  constructor(
    facts: FactStore,
    channel: Pick<Channel, 'dialectOf' | 'hasShownMemberImpl' | 'observeDialect'>,
  ) {
    this.#facts = facts;
    this.#channel = channel;
    this.#known = new Map(
      [...facts.entries(DIALECTS)].map(([key, value]) => [
        key.slice(DIALECTS.length) as UniqueId,
        BigInt(value.toString('latin1')),
      ]),
    );
  }

  /** The member is there. */
  met(member: Member): void {
    const uid = this.#known.get(member.uniqueId);
    if (uid !== undefined) {
      this.#channel.observeDialect(member, { seen: 'memberImpl', uid });
    }
  }

  /** It has gone, and will have another id when it comes back, or has only been cut off, and will be asked anew. */
  left({ uniqueId }: Member): void {
    this.#forget(uniqueId);
  }

  /** Remembers what has been learned of these. */
  remember(members: readonly Member[]): void {
    for (const member of members) {
      const uid = this.#channel.dialectOf(member).memberImplUid;
      if (this.#channel.hasShownMemberImpl(member) && uid !== this.#known.get(member.uniqueId)) {
        this.#makeRoom();
        this.#known.set(member.uniqueId, uid);
        this.#facts.put(`${DIALECTS}${member.uniqueId}`, Buffer.from(String(uid), 'latin1'));
      }
    }
  }

  /** Those who have gone while we were away go first. */
  #makeRoom(): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_REMEMBERED) {
      this.#forget(oldest);
    }
  }

  #forget(id: UniqueId): void {
    if (this.#known.delete(id)) {
      this.#facts.delete(`${DIALECTS}${id}`);
    }
  }
}
