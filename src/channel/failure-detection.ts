import type { DisappearReason, Member, MemberKey } from '../membership/index.js';

/** A question to be put to a member by connecting to it. Answer it with `FailureDetection.probed`. */
export interface Inquiry {
  readonly member: Member;
}

/** What is to be done next, in this order. */
export type DetectionAction =
  | { readonly do: 'probe'; readonly inquiry: Inquiry }
  /** `unannounced`: the membership below had it, and a heartbeat's check found it missing here. */
  | { readonly do: 'add'; readonly member: Member; readonly unannounced: boolean }
  | { readonly do: 'remove'; readonly member: Member; readonly reason: DisappearReason }
  /** It is said to be gone, but takes connections. It stays, and is asked again with every heartbeat. */
  | { readonly do: 'suspect'; readonly member: Member };

type Question =
  /** Not known yet: take it in? */
  | { readonly about: 'join'; readonly unannounced: boolean; suspect: boolean }
  /** Known, and said to be gone, or a suspect of old: put it out? */
  | { readonly about: 'leave'; suspect: boolean; announcedAgain: boolean };

type OpenInquiry = Inquiry & Question;

export interface FailureDetectionOptions {
  /** Milliseconds after which a suspect that takes connections is no suspect any more; 0 or less: never. */
  readonly removeSuspectsTimeout: number;
  /** Members known at a time; more are not taken in. */
  readonly maxMembers: number;
}

/**
 * Who is alive, by the rules of `TcpFailureDetector`: the membership below proposes, a connection decides. No I/O and
 * no clock of its own: events, answers and the monotonic time go in, actions come out.
 *
 * Tomcat probes while it holds a lock, one member at a time. Here probes run side by side, at most one for each member;
 * what happens to a member meanwhile is weighed together with the answer, and a shutdown makes the answer void.
 */
export class FailureDetection {
  readonly #options: FailureDetectionOptions;
  readonly #known = new Map<MemberKey, Member>();
  /** Since when. Tomcat's `removeSuspects`. */
  readonly #suspects = new Map<MemberKey, number>();
  readonly #inquiries = new Map<MemberKey, OpenInquiry>();
  /** Members that were put out though the layer below still has them, and the alive time that they had last announced. */
  readonly #putOut = new Map<MemberKey, bigint>();

  constructor(options: FailureDetectionOptions) {
    this.#options = options;
  }

  /** The longest running first; members of equal age in the order in which they came. */
  members(): readonly Member[] {
    return [...this.#known.values()].sort((a, b) => Number(b.info.aliveTime - a.info.aliveTime));
  }

  member(key: MemberKey): Member | undefined {
    return this.#known.get(key);
  }

  get suspects(): number {
    return this.#suspects.size;
  }

  /** The membership below has a new member. */
  memberAdded(member: Member): DetectionAction[] {
    const open = this.#inquiries.get(member.key);
    if (this.#known.has(member.key)) {
      this.#known.set(member.key, member);
      this.#suspects.delete(member.key);
      if (open?.about === 'leave') {
        open.suspect = false;
        open.announcedAgain = true;
      }
      return [];
    }
    if (open?.about === 'join') {
      open.suspect = false;
      return [];
    }
    return this.#ask(member, { about: 'join', unannounced: false, suspect: false });
  }

  /** The membership below has lost a member. */
  memberDisappeared(member: Member, reason: DisappearReason): DetectionAction[] {
    if (reason !== 'shutdown') {
      return this.#doubt(member);
    }
    this.#inquiries.delete(member.key);
    return this.#remove(member, 'shutdown');
  }

  /** A message could not be delivered. */
  sendFailed(member: Member): DetectionAction[] {
    return this.#doubt(member);
  }

  /** TcpFailureDetector.performBasicCheck. `below`: the members of the layer below. */
  heartbeat(below: readonly Member[]): DetectionAction[] {
    this.#forgetPutOut(below);
    const missing = below.filter(
      (member) =>
        !this.#known.has(member.key) && !this.#inquiries.has(member.key) && !this.#isSilentSince(member),
    );
    const suspects = [...this.#suspects.keys()].filter((key) => !this.#inquiries.has(key));
    return [
      ...missing.flatMap((member) => this.#ask(member, { about: 'join', unannounced: true, suspect: false })),
      ...suspects.flatMap((key) => {
        const member = this.#known.get(key);
        return member === undefined
          ? []
          : this.#ask(member, { about: 'leave', suspect: true, announcedAgain: false });
      }),
    ];
  }

  /** TcpFailureDetector.performForcedCheck: asks all members of the layer below, those that are known as well. */
  check(below: readonly Member[]): DetectionAction[] {
    return below
      .filter(({ key }) => !this.#inquiries.has(key))
      .flatMap((member) =>
        this.#ask(
          this.#known.get(member.key) ?? member,
          this.#known.has(member.key)
            ? { about: 'leave', suspect: false, announcedAgain: false }
            : { about: 'join', unannounced: true, suspect: false },
        ),
      );
  }

  /** The answer to an inquiry; one that has become void changes nothing. */
  probed(inquiry: Inquiry, alive: boolean, now: number): DetectionAction[] {
    const open = this.#inquiries.get(inquiry.member.key);
    if (open !== inquiry) {
      return [];
    }
    this.#inquiries.delete(inquiry.member.key);
    return open.about === 'join'
      ? this.#joinAnswered(open, alive, now)
      : this.#leaveAnswered(open, alive, now);
  }

  #doubt(member: Member): DetectionAction[] {
    const open = this.#inquiries.get(member.key);
    if (open !== undefined) {
      open.suspect = true;
      return [];
    }
    const known = this.#known.get(member.key);
    return known === undefined
      ? []
      : this.#ask(known, { about: 'leave', suspect: true, announcedAgain: false });
  }

  #ask(member: Member, question: Question): DetectionAction[] {
    if (question.about === 'join' && this.#known.size + this.#inquiries.size >= this.#options.maxMembers) {
      return [];
    }
    const inquiry: OpenInquiry = { member, ...question };
    this.#inquiries.set(member.key, inquiry);
    return [{ do: 'probe', inquiry }];
  }

  #joinAnswered(
    { member, unannounced, suspect }: OpenInquiry & { about: 'join' },
    alive: boolean,
    now: number,
  ) {
    if (!alive) {
      return [];
    }
    this.#known.set(member.key, member);
    const actions: DetectionAction[] = [{ do: 'add', member, unannounced }];
    return suspect ? [...actions, ...this.#suspect(member, now)] : actions;
  }

  #leaveAnswered(open: OpenInquiry & { about: 'leave' }, alive: boolean, now: number): DetectionAction[] {
    const member = this.#known.get(open.member.key) ?? open.member;
    if (!alive || (open.suspect && this.#isReplaced(member))) {
      this.#putOut.set(member.key, member.info.aliveTime);
      const actions = this.#remove(member, 'expired');
      return open.announcedAgain
        ? [...actions, ...this.#ask(member, { about: 'join', unannounced: false, suspect: false })]
        : actions;
    }
    return open.suspect ? this.#suspect(member, now) : [];
  }

  /**
   * Whether somebody else has its address: a member that was killed and started again at once. Then it is that one that
   * takes connections. (Tomcat keeps the old one as long as the new one runs.)
   */
  #isReplaced({ key, name }: Member): boolean {
    return [...this.#known.values()].some((other) => other.name === name && other.key !== key);
  }

  /**
   * Whether it was put out, and has not been heard since: then it is no reason to take it in again that its port takes
   * connections. One that always says 0 does not tell.
   */
  #isSilentSince({ key, info }: Member): boolean {
    return info.aliveTime > 0n && this.#putOut.get(key) === info.aliveTime;
  }

  #forgetPutOut(below: readonly Member[]): void {
    const keys = new Set(below.map(({ key }) => key));
    for (const key of this.#putOut.keys()) {
      if (!keys.has(key)) {
        this.#putOut.delete(key);
      }
    }
  }

  #suspect(member: Member, now: number): DetectionAction[] {
    const since = this.#suspects.get(member.key);
    const { removeSuspectsTimeout } = this.#options;
    if (since === undefined) {
      this.#suspects.set(member.key, now);
      return [{ do: 'suspect', member }];
    }
    if (removeSuspectsTimeout > 0 && now - since > removeSuspectsTimeout) {
      this.#suspects.delete(member.key);
    }
    return [];
  }

  #remove(member: Member, reason: DisappearReason): DetectionAction[] {
    this.#suspects.delete(member.key);
    return this.#known.delete(member.key) ? [{ do: 'remove', member, reason }] : [];
  }
}
