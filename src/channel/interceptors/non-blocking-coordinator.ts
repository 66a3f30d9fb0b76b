import { LogThrottle, messageOf, randomUniqueId, type Timer } from '../../base/index.js';
import { makeMember, StartLevel, type DisappearReason, type Member } from '../../membership/index.js';
import {
  decodeCoordinationMessage,
  encodeCoordinationMessage,
  SEND_OPTIONS,
  startsAlive,
  startsCoordination,
  type ChannelData,
  type CoordinationMessage,
} from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { Coordination, type Arrival, type CoordinationAction } from '../coordination.js';
import { tcpProbe, type MemberProbe } from '../member-probe.js';
import { optionFlag, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = { optionFlag: optionFlag() } as const;

/** Milliseconds (NonBlockingCoordinator.waitForCoordMsgTimeout). */
const WAIT_LIMIT = 15_000;

/** Messages at a time whose members are being asked whether they are there. */
const MAX_ARRIVALS = 16;

/** Agrees with the others on who coordinates: the first of all members in absolute order. */
export class NonBlockingCoordinator extends ChannelInterceptorBase {
  readonly name = 'NonBlockingCoordinator';
  readonly #context: InterceptorContext;
  readonly #coordination: Coordination;
  readonly #probe: MemberProbe;
  readonly #complaints: LogThrottle;
  readonly #counts = {
    viewChanges: 0,
    coordinationsSent: 0,
    coordinationsReceived: 0,
    coordinationsRefused: 0,
  };
  #arrivals = 0;
  #timer: Timer | undefined;
  #stopping = new AbortController();

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
    this.#coordination = new Coordination(() => makeMember(context.localPackage()));
    this.#probe = tcpProbe(context.clock, { connectTimeout: WAIT_LIMIT, readTestTimeout: null, frame: null });
  }

  get view(): readonly Member[] {
    return this.#coordination.view;
  }

  override async start(level: number): Promise<void> {
    this.#stopping = new AbortController();
    // Others begin elections as soon as they hear of us, and some for ever wait for one that we have not passed on.
    this.#coordination.open();
    await this.lower.start(level);
    if ((level & StartLevel.MBR_RX) !== 0) {
      this.#act(this.#coordination.start(this.lower.members()));
    }
  }

  /**
   * The receiver first, as Tomcat does it: whoever hears of our going is soon told of us by others that have not, asks by a
   * connection, and would have us for good if it came about.
   */
  override async stop(level: number): Promise<void> {
    try {
      await this.lower.stop(level & StartLevel.SND_RX);
    } finally {
      this.#stopping.abort();
      this.#act(this.#coordination.stop());
      await this.lower.stop(level);
    }
  }

  override memberAdded(member: Member): void {
    this.upper.memberAdded(member);
    this.#act(this.#coordination.memberAdded(member));
  }

  override memberDisappeared(member: Member, reason: DisappearReason): void {
    this.upper.memberDisappeared(member, reason);
    this.#act(this.#coordination.memberDisappeared(member));
  }

  override heartbeat(): void {
    this.#act(this.#coordination.heartbeat());
    this.lower.heartbeat();
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    if (startsAlive(message.message)) {
      return;
    }
    if (!startsCoordination(message.message)) {
      return this.upper.messageReceived(message);
    }
    this.#counts.coordinationsReceived++;
    try {
      const coordination = decodeCoordinationMessage(message.message, this.#context.maxMembers + 1);
      this.#act(this.#coordination.received(coordination));
    } catch (error) {
      this.#refuse(makeMember(message.member), messageOf(error));
    }
  }

  #act(actions: readonly CoordinationAction[]): void {
    for (const action of actions) {
      switch (action.do) {
        case 'pass':
          this.#context.tasks.run('election', () => this.#pass(action.message, action.to));
          break;
        case 'tell':
          this.#context.tasks.run('election', async () => {
            await this.#send(action.to, action.message);
          });
          break;
        case 'ask':
          this.#ask(action.arrival);
          break;
        case 'view':
          this.#counts.viewChanges++;
          this.#context.logger.info(
            { coordinator: action.view[0]?.name, members: action.view.length },
            'the members agree on who coordinates',
          );
          this.#context.viewChanged?.(action.view);
          break;
        case 'wait':
          this.#timer?.cancel();
          this.#timer = this.#context.clock.after(WAIT_LIMIT, () =>
            this.#act(this.#coordination.waitedTooLong()),
          );
          break;
        case 'rest':
          this.#timer?.cancel();
          break;
      }
    }
  }

  async #pass(message: CoordinationMessage, to: readonly Member[]): Promise<void> {
    const { signal } = this.#stopping;
    for (const member of to) {
      if (signal.aborted || (await this.#send([member], message))) {
        return;
      }
    }
    this.#coordination.lost(message);
  }

  /** Whether all have taken it. */
  async #send(to: readonly Member[], message: CoordinationMessage): Promise<boolean> {
    this.#counts.coordinationsSent += to.length;
    const { faulty } = await this.lower.sendMessage(to, {
      options: SEND_OPTIONS.USE_ACK,
      timestamp: BigInt(this.#context.clock.now()),
      uniqueId: randomUniqueId(),
      member: this.#context.localPackage(),
      message: encodeCoordinationMessage(message),
    });
    for (const { member, cause } of faulty) {
      this.#complain(member, { error: messageOf(cause) }, 'a member could not be told of an election');
    }
    return faulty.length === 0;
  }

  #ask(arrival: Arrival): void {
    if (this.#arrivals >= MAX_ARRIVALS) {
      this.#refuse(makeMember(arrival.message.source), 'too many elections at a time');
      return;
    }
    this.#arrivals++;
    const { signal } = this.#stopping;
    this.#context.tasks.run('election', async () => {
      try {
        const answers = await Promise.all(
          arrival.unknown.map(async (member) => ({ member, ...(await this.#probe(member, signal)) })),
        );
        const alive = answers.filter((answer) => answer.alive).map(({ member }) => member);
        if (!signal.aborted) {
          this.#act(this.#coordination.asked(arrival, alive));
        }
      } finally {
        this.#arrivals--;
      }
    });
  }

  #refuse(member: Member, why: string): void {
    this.#counts.coordinationsRefused++;
    this.#complain(member, { why }, 'a message of an election was refused');
  }

  #complain(member: Member, fields: object, what: string): void {
    const times = this.#complaints.admit(member.key);
    if (times > 0) {
      this.#context.logger.warn({ member: member.name, ...fields, times }, what);
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    const { view, isCoordinator } = this.#coordination;
    return { ...this.#counts, viewMembers: view.length, isCoordinator: Number(isCoordinator) };
  }
}

export const nonBlockingCoordinator = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      viewChanges: 'Times that the members have agreed on who is there',
      coordinationsSent: 'Messages of elections sent, counted for each member',
      coordinationsReceived: 'Messages of elections of others',
      coordinationsRefused: 'Of those, the ones that could not be, or were too many',
    },
    gauges: {
      viewMembers: 'Members in what was agreed upon, this node included',
      isCoordinator: '1 while this node is the first of them',
    },
  },
  create: (context, settings) => new NonBlockingCoordinator(context, settings),
});
