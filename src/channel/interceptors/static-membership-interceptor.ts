import {
  messageOf,
  parseStaticMembers,
  parseUniqueId,
  randomUniqueId,
  TribesError,
  type InterceptorSpec,
  type StaticMember,
  type Timer,
  type UniqueId,
} from '../../base/index.js';
import {
  absoluteOrder,
  HostNames,
  memberKey,
  StartLevel,
  StaticRoster,
  type Member,
  type MemberKey,
} from '../../membership/index.js';
import { MEMBER_START, MEMBER_STOP, probeOf, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { optionFlag, parsed, type Attribute, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const members: Attribute<readonly StaticMember[]> = {
  read: parsed(parseStaticMembers),
  expected: 'members with blanks between them, each host:port?domain=…&uniqueId={sixteen bytes}',
  defaultValue: [],
};

const ownId: Attribute<UniqueId | null> = {
  read: parseUniqueId,
  expected: 'sixteen signed bytes, {0,1,-2,…}, or 32 hexadecimal digits',
  defaultValue: null,
};

const attributes = {
  /** Also the options of what it sends. */
  optionFlag: optionFlag(),
  members,
  /** Of this node (`<LocalMember uniqueId>`); null: a new one at each start. Whoever makes the membership gives it that: `localUniqueId`. */
  uniqueId: ownId,
} as const;

/** Milliseconds that a stop waits for the others to be told. */
const STOP_LIMIT = 500;

/** Milliseconds that a start waits for the addresses of names. */
const NAMES_LIMIT = 2_000;

const CONNECTIONS = StartLevel.SND_RX | StartLevel.SND_TX;

/**
 * Knows members that no heartbeat announces, tells them of its start and its stop, and hears of theirs. Names are looked up at the start and
 * with each heartbeat of the channel.
 */
export class StaticMembershipInterceptor extends ChannelInterceptorBase {
  readonly name = 'StaticMembershipInterceptor';
  readonly #context: InterceptorContext;
  readonly #roster: StaticRoster;
  readonly #counts = {
    startsSent: 0,
    stopsSent: 0,
    notToldOf: 0,
    startsReceived: 0,
    stopsReceived: 0,
    ignored: 0,
  };
  /** From start to stop. */
  #running: AbortController | undefined;
  #isLookingUp = false;

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#roster = new StaticRoster(settings.members, new HostNames(context));
  }

  /** Those that are configured and have an address; without this node, should it be among them. */
  get staticMembers(): readonly Member[] {
    return this.#roster.members.filter((member) => !this.#isLocal(member));
  }

  #isLocal({ info }: Member): boolean {
    const { host, port } = this.#context.localPackage();
    return info.port === port && info.host.equals(host);
  }

  override members(): readonly Member[] {
    const all = new Map(
      [...this.staticMembers, ...this.lower.members()].map((member) => [member.key, member]),
    );
    return [...all.values()].sort(absoluteOrder);
  }

  override member(key: MemberKey): Member | undefined {
    return this.lower.member(key) ?? this.staticMembers.find((member) => member.key === key);
  }

  /**
   * Others are told while messages can be sent and before they hear heartbeats, as Tomcat does it.
   *
   * Error: TRIBES_E_CHANNEL_NOT_STARTED when it was stopped meanwhile.
   */
  override async start(level: number): Promise<void> {
    await this.lower.start(level & CONNECTIONS);
    if ((level & StartLevel.SND_TX) !== 0 && this.#running === undefined) {
      const running = new AbortController();
      this.#running = running;
      this.#come(this.staticMembers);
      if (this.#roster.hasNames) {
        await this.#within(NAMES_LIMIT, this.#lookUp(), running.signal);
      }
      if (running.signal.aborted) {
        throw new TribesError('TRIBES_E_CHANNEL_NOT_STARTED', { operation: 'going on after a stop' });
      }
    }
    await this.lower.start(level & ~CONNECTIONS);
  }

  override async stop(level: number): Promise<void> {
    if (this.#running !== undefined) {
      this.#running.abort();
      this.#running = undefined;
      await this.#within(STOP_LIMIT, this.#tell(this.staticMembers, MEMBER_STOP, 'stopsSent'));
    }
    await this.lower.stop(level);
  }

  override heartbeat(): void {
    if (this.#running !== undefined && this.#roster.hasNames && !this.#isLookingUp) {
      void this.#lookUp();
    }
    this.lower.heartbeat();
  }

  /** Never rejects. No stop waits for it: a name server may take its time. */
  async #lookUp(): Promise<void> {
    const running = this.#running;
    this.#isLookingUp = true;
    const { added, gone } = await this.#roster.refresh();
    this.#isLookingUp = false;
    if (running !== undefined && running === this.#running) {
      gone
        .filter((member) => !this.#isLocal(member))
        .forEach((member) => this.upper.memberDisappeared(member, 'shutdown'));
      this.#come(added.filter((member) => !this.#isLocal(member)));
    }
  }

  #come(members: readonly Member[]): void {
    members.forEach((member) => this.upper.memberAdded(member));
    void this.#tell(members, MEMBER_START, 'startsSent');
  }

  /** Resolves when the work is done, the time is over, or at the signal. */
  async #within(limit: number, work: Promise<void>, signal?: AbortSignal): Promise<void> {
    let timer: Timer | undefined;
    const end = new Promise<void>((resolve) => {
      timer = this.#context.clock.after(limit, resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([work, end]);
    timer?.cancel();
  }

  /** A task of the channel; resolves with its end. */
  #tell(to: readonly Member[], message: Buffer, count: 'startsSent' | 'stopsSent'): Promise<void> {
    return new Promise((resolve) => {
      this.#context.tasks.run('static members', () => this.#send(to, message, count).finally(resolve));
    });
  }

  async #send(to: readonly Member[], message: Buffer, count: 'startsSent' | 'stopsSent'): Promise<void> {
    if (to.length === 0) {
      return;
    }
    this.#counts[count] += to.length;
    const { faulty } = await this.lower.sendMessage(to, {
      options: this.optionFlag,
      timestamp: BigInt(this.#context.clock.now()),
      uniqueId: randomUniqueId(),
      member: this.#context.localPackage(),
      message,
    });
    for (const { member, cause } of faulty) {
      this.#counts.notToldOf++;
      const fields = { member: member.name, error: messageOf(cause) };
      this.#context.logger.debug(fields, 'a static member could not be told; it may not run');
    }
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    const probe = probeOf(message.message);
    if (probe !== 'MEMBER_START' && probe !== 'MEMBER_STOP') {
      return this.upper.messageReceived(message);
    }
    const member = this.member(memberKey(message.member));
    if (member === undefined) {
      this.#counts.ignored++;
    } else if (probe === 'MEMBER_START') {
      this.#counts.startsReceived++;
      this.upper.memberAdded(member);
    } else {
      this.#counts.stopsReceived++;
      this.upper.memberDisappeared(member, 'shutdown');
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    const withoutAddress = this.#roster.size - this.#roster.members.length;
    return { ...this.#counts, staticMembers: this.#roster.size, withoutAddress };
  }
}

export const staticMembershipInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      startsSent: 'Static members told that this node has started',
      stopsSent: 'Static members told that this node stops',
      notToldOf: 'Of both, those that could not be told',
      startsReceived: 'Times that a member said that it has started',
      stopsReceived: 'Times that a member said that it stops',
      ignored: 'Times that one said so that is neither static nor known',
    },
    gauges: {
      staticMembers: 'Members that are configured',
      withoutAddress: 'Of those, the ones whose name has had no address so far',
    },
  },
  create: (context, settings) => new StaticMembershipInterceptor(context, settings),
});

/** The unique id that interceptors demand of this node, if any. */
export function localUniqueId(specs: readonly InterceptorSpec[]): UniqueId | undefined {
  const spec = specs.find(({ className }) => className.endsWith('StaticMembershipInterceptor'));
  return parseUniqueId(spec?.attributes?.get('uniqueId') ?? '');
}
