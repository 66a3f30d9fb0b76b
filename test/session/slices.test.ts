import { expect } from 'chai';
import type { Clock } from '../../src/base/index.js';
import { Slices } from '../../src/session/slices.js';

describe('Slices', () => {
  /** A clock that each look moves on by 2 ms. */
  function busyClock(): Clock {
    let now = 0;
    const refuse = (): never => {
      throw new Error('no timers here');
    };
    return { now: () => now, monotonic: () => (now += 2), after: refuse, every: refuse };
  }

  it('pauses when a slice is over, and ends where it is told to', async () => {
    let pauses = 0;
    const slices = new Slices(busyClock(), {
      pause: () => {
        pauses++;
        return Promise.resolve();
      },
    });
    const done: number[] = [];
    await slices.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9], (item) => void done.push(item));
    expect(done).to.have.lengthOf(9);
    expect(pauses).to.equal(3);
    await slices.forEach(
      [1, 2, 3, 4, 5, 6],
      (item) => void done.push(item),
      () => false,
    );
    expect(done).to.have.lengthOf(12);
  });

  it('makes slices short for a while after a message', async () => {
    let now = 0;
    const clock = { ...busyClock(), monotonic: () => now };
    let pauses = 0;
    const pause = (): Promise<void> => {
      pauses++;
      return Promise.resolve();
    };
    const slices = new Slices(clock, { sliceMs: 50, shortSliceMs: 10, pause });
    const pausesIn = async (ms: number): Promise<number> => {
      pauses = 0;
      const steps = Array.from({ length: ms }, (_, i) => i);
      await slices.forEach(steps, () => {
        now++;
      });
      return pauses;
    };
    expect(await pausesIn(100)).to.equal(2);
    slices.messageCame();
    expect(await pausesIn(100)).to.equal(10);
    now += 500;
    expect(await pausesIn(100)).to.equal(2);
  });

  it('lets messages that wait, and what is due at the end of their turn, go before the next slice', async () => {
    const slices = new Slices(busyClock());
    const order: string[] = [];
    const message = (): void => {
      order.push('message');
      setImmediate(() => order.push('journal'));
    };
    const job = slices.forEach([1, 2, 3, 4], (item) => {
      order.push(`item ${item}`);
      if (item === 1) {
        setTimeout(message, 1);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); // it waits by the end of the slice
      }
    });
    await job;
    expect(order).to.deep.equal(['item 1', 'item 2', 'item 3', 'message', 'journal', 'item 4']);
  });

  it('lets one job go on in each turn of the event loop, in turn', async () => {
    const slices = new Slices(busyClock());
    const steps: string[] = [];
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn++;
      if (counting) {
        setImmediate(count);
      }
    };
    const job = async (name: string): Promise<void> => {
      const breath = slices.begin();
      for (let slice = 0; slice < 3;) {
        const pause = breath();
        if (pause !== undefined) {
          await pause;
          steps.push(`${name}${++slice} ${turn}`);
        }
      }
    };
    setImmediate(count);
    await Promise.all([job('a'), job('b')]);
    counting = false;
    expect(steps.map((step) => step.split(' ')[0])).to.deep.equal(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    expect(new Set(steps.map((step) => step.split(' ')[1])).size).to.equal(6);
  });
});
