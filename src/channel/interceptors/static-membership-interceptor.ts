import { messageOf, randomUniqueId, type InterceptorSpec, type UniqueId } from '../../base/index.js';
import {
  absoluteOrder,
  memberKey,
  parseStaticMembers,
  parseUniqueId,
  StartLevel,
  type Member,
  type MemberKey,
} from '../../membership/index.js';
import { MEMBER_START, MEMBER_STOP, probeOf, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { optionFlag, type Attribute, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const members: Attribute<readonly Member[]> = {
  read: parseStaticMembers,
  expected: 'members with blanks between them, each host:port?domain=…&uniqueId={sixteen bytes}',
  defaultValue: [],
};

const ownId: Attribute<UniqueId | null> = {
  read: parseUniqueId,
  expected: 'sixteen signed bytes, {0,1,-2,…}',
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

const CONNECTIONS = StartLevel.SND_RX | StartLevel.SND_TX;

/** Knows members that no heartbeat announces, tells them of its start and its stop, and hears of theirs. */
export class StaticMembershipInterceptor extends ChannelInterceptorBase {
  readonly name = 'StaticMembershipInterceptor';
  readonly #context: InterceptorContext;
  readonly #configured: readonly Member[];
  readonly #counts = {
    startsSent: 0,
    stopsSent: 0,
    notToldOf: 0,
    startsReceived: 0,
    stopsReceived: 0,
    ignored: 0,
  };
  #isStarted = false;

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#configured = settings.members;
  }

  /** Those that are configured; without this node, should it be among them. */
  get staticMembers(): readonly Member[] {
    const { host, port } = this.#context.localPackage();
    return this.#configured.filter(({ info }) => info.port !== port || !info.host.equals(host));
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

  /** Others are told while messages can be sent and before they hear heartbeats, as Tomcat does it. */
  override async start(level: number): Promise<void> {
    await this.lower.start(level & CONNECTIONS);
    if ((level & StartLevel.SND_TX) !== 0 && !this.#isStarted) {
      this.#isStarted = true;
      this.staticMembers.forEach((member) => this.upper.memberAdded(member));
      this.#context.tasks.run('static members', () => this.#tell(MEMBER_START, 'startsSent'));
    }
    await this.lower.start(level & ~CONNECTIONS);
  }

  override async stop(level: number): Promise<void> {
    if (this.#isStarted) {
      this.#isStarted = false;
      await this.#sayGoodbye();
    }
    await this.lower.stop(level);
  }

  #sayGoodbye(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(STOP_LIMIT, resolve);
      this.#context.tasks.run('static members', async () => {
        await this.#tell(MEMBER_STOP, 'stopsSent');
        timer.cancel();
        resolve();
      });
    });
  }

  async #tell(message: Buffer, count: 'startsSent' | 'stopsSent'): Promise<void> {
    const to = this.staticMembers;
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
    return { ...this.#counts, staticMembers: this.#configured.length };
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
    gauges: { staticMembers: 'Members that are configured' },
  },
  create: (context, settings) => new StaticMembershipInterceptor(context, settings),
});

/** The unique id that interceptors demand of this node, if any. */
export function localUniqueId(specs: readonly InterceptorSpec[]): UniqueId | undefined {
  const spec = specs.find(({ className }) => className.endsWith('StaticMembershipInterceptor'));
  return parseUniqueId(spec?.attributes?.get('uniqueId') ?? '');
}
