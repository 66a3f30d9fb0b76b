import type { Timer } from '../../base/index.js';
import {
  absoluteOrder,
  makeMember,
  StartLevel,
  type DisappearReason,
  type Member,
} from '../../membership/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { optionFlag, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = { optionFlag: optionFlag() } as const;

/** Milliseconds for which the members have to stay the same: ten times 250. */
const STABLE_TIME = 2500;

/** Knows who coordinates: the first of all members, itself among them, in absolute order. Says nothing to others. */
export class SimpleCoordinator extends ChannelInterceptorBase {
  readonly name = 'SimpleCoordinator';
  readonly #context: InterceptorContext;
  readonly #counts = { viewChanges: 0 };
  #view: readonly Member[] = [];
  #timer: Timer | undefined;
  #isStarted = false;

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
  }

  /** All members and this node when they last were the same for a while; the first is the coordinator. */
  get view(): readonly Member[] {
    return this.#view;
  }

  get isCoordinator(): boolean {
    return this.#view[0]?.key === this.#local.key;
  }

  override async start(level: number): Promise<void> {
    await this.lower.start(level);
    if ((level & StartLevel.MBR_RX) !== 0) {
      this.#isStarted = true;
      this.#await();
    }
  }

  override stop(level: number): Promise<void> {
    this.#isStarted = false;
    this.#timer?.cancel();
    this.#view = [];
    return this.lower.stop(level);
  }

  override memberAdded(member: Member): void {
    this.upper.memberAdded(member);
    this.#await();
  }

  override memberDisappeared(member: Member, reason: DisappearReason): void {
    this.upper.memberDisappeared(member, reason);
    this.#await();
  }

  #await(): void {
    this.#timer?.cancel();
    if (this.#isStarted) {
      this.#timer = this.#context.clock.after(STABLE_TIME, () => this.#install());
    }
  }

  #install(): void {
    const view = [...this.lower.members(), this.#local].sort(absoluteOrder);
    if (view.length !== this.#view.length || view.some(({ key }, at) => key !== this.#view[at]?.key)) {
      this.#view = view;
      this.#counts.viewChanges++;
      const fields = { coordinator: view[0]?.name, members: view.length };
      this.#context.logger.info(fields, 'the members have changed');
      this.#context.viewChanged?.(view);
    }
  }

  get #local(): Member {
    return makeMember(this.#context.localPackage());
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts, viewMembers: this.#view.length, isCoordinator: Number(this.isCoordinator) };
  }
}

export const simpleCoordinator = defineInterceptor({
  attributes,
  statistics: {
    counters: { viewChanges: 'Times that the members had changed and then stayed the same for a while' },
    gauges: {
      viewMembers: 'Members then, this node included',
      isCoordinator: '1 while this node is the first of them',
    },
  },
  create: (context, settings) => new SimpleCoordinator(context, settings),
});
