import { expect } from 'chai';
import fc from 'fast-check';
import { ReceiveBudget, type BudgetHolder } from '../../src/transport/receive-budget.js';
import { ManualClock } from '../support/manual-clock.js';

const LIMIT = 1000;
const READ = 65_536;

/** A connection that is told what the budget decides. */
class Holder implements BudgetHolder {
  isMidFrame: boolean;
  mayRead = true;
  gaveUp = false;

  constructor(isMidFrame: boolean) {
    this.isMidFrame = isMidFrame;
  }

  ask(budget: ReceiveBudget): boolean {
    this.mayRead = budget.mayRead(this);
    return this.mayRead;
  }

  resumeReading(): void {
    this.mayRead = true;
  }

  giveUp(): void {
    this.gaveUp = true;
  }
}

describe('ReceiveBudget', () => {
  let clock: ManualClock;
  let budget: ReceiveBudget;

  beforeEach(() => {
    clock = new ManualClock();
    budget = new ReceiveBudget(LIMIT, 60_000, clock);
  });

  it('lets everybody read up to the limit, and nobody who is between frames beyond it', () => {
    budget.unfinished(LIMIT);
    expect(new Holder(false).ask(budget)).to.equal(true);
    budget.unfinished(1);
    expect(new Holder(false).ask(budget)).to.equal(false);
  });

  it('lets one go on that is in the middle of a frame, and the next when that is done', () => {
    budget.unfinished(LIMIT + 1);
    const [first, second, third] = [new Holder(true), new Holder(true), new Holder(true)];
    expect([first, second, third].map((holder) => holder.ask(budget))).to.eql([true, false, false]);
    first.isMidFrame = false;
    expect(first.ask(budget)).to.equal(false);
    expect([second.mayRead, third.mayRead]).to.eql([true, false]);
    budget.leave(second);
    expect(third.mayRead).to.equal(true);
  });

  it('lets nobody go on beyond the limit while there are messages to process, which will make room', () => {
    budget.queued(1);
    budget.unfinished(LIMIT + 1);
    const holder = new Holder(true);
    expect(holder.ask(budget)).to.equal(false);
    budget.processed(1);
    expect(holder.mayRead).to.equal(true);
  });

  it('wakes all that wait when there is room', () => {
    budget.unfinished(LIMIT + 1);
    const holders = [new Holder(false), new Holder(false)];
    holders.forEach((holder) => holder.ask(budget));
    budget.unfinished(-1);
    expect(holders.map(({ mayRead }) => mayRead)).to.eql([true, true]);
  });

  it('makes the one that may go on give up when it does not come to an end', () => {
    budget.unfinished(LIMIT + 1);
    const [first, second] = [new Holder(true), new Holder(true)];
    first.ask(budget);
    second.ask(budget);
    clock.advance(59_999);
    expect(first.gaveUp).to.equal(false);
    clock.advance(1);
    expect(first.gaveUp).to.equal(true);
    budget.leave(first);
    expect(second.mayRead).to.equal(true);
  });

  it('leaves it in peace when there is room again', () => {
    budget.unfinished(LIMIT + 1);
    const holder = new Holder(true);
    holder.ask(budget);
    budget.unfinished(-LIMIT);
    clock.advance(60_000);
    expect(holder.gaveUp).to.equal(false);
    expect(clock.pendingTimers).to.equal(0);
  });

  it('keeps its bound, and never locks up, whatever comes in whatever order', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.array(frames, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (senders, dice) => {
          const limit = 200_000;
          const shared = new ReceiveBudget(limit, 60_000, new ManualClock());
          const wires = senders.map((lengths) => new SimulatedWire(shared, lengths));
          const bound = limit + 300_000 + wires.length * READ;
          for (;;) {
            const able = wires.flatMap((wire) => wire.nextSteps());
            if (able.length === 0) {
              break;
            }
            able[(dice.next().value ?? 0) % able.length]?.();
            expect(shared.heldBytes).to.be.at.most(bound);
          }
          expect(wires.every((wire) => wire.isDone)).to.equal(true);
          expect(shared.heldBytes).to.equal(0);
        },
      ),
    );
  });
});

/** A connection that reads frames of the given lengths, and processes them one after the other. */
class SimulatedWire extends Holder {
  readonly #budget: ReceiveBudget;
  readonly #frames: number[];
  readonly #unprocessed: number[] = [];
  #arrived = 0;

  constructor(budget: ReceiveBudget, frames: readonly number[]) {
    super(false);
    this.#budget = budget;
    this.#frames = [...frames];
  }

  get isDone(): boolean {
    return this.#frames.length === 0 && this.#unprocessed.length === 0;
  }

  nextSteps(): (() => void)[] {
    const steps = [];
    if (this.mayRead && this.#frames.length > 0) {
      steps.push(() => this.#read());
    }
    if (this.#unprocessed.length > 0) {
      steps.push(() => this.#process());
    }
    return steps;
  }

  #read(): void {
    const [length = 0] = this.#frames;
    const bytes = Math.min(READ, length - this.#arrived);
    this.#arrived += bytes;
    this.#budget.unfinished(bytes);
    this.isMidFrame = this.#arrived < length;
    if (!this.isMidFrame) {
      this.#frames.shift();
      this.#unprocessed.push(length);
      this.#budget.queued(length);
      this.#budget.unfinished(-length);
      this.#arrived = 0;
    }
    this.ask(this.#budget);
  }

  #process(): void {
    this.#budget.processed(this.#unprocessed.shift() ?? 0);
  }
}
