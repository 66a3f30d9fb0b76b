import { expect } from 'chai';
import { sessionId, type SessionSummary } from '../../src/base/index.js';
import type { DeltaManager } from '../../src/session/delta-manager.js';
import { Expiry } from '../../src/session/expiry.js';
import { Slices } from '../../src/session/slices.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { A, delta, Rig } from './support/rig.js';
import { settle } from './support/node.js';

describe('Expiry', () => {
  const clock = new ManualClock();
  /** Until when a Tomcat was there. */
  let tomcatUntil = Infinity;

  beforeEach(() => {
    tomcatUntil = Infinity;
  });

  /** Sessions by id, with their intervals in seconds. */
  function rigOf(intervals: Record<string, number>): Rig {
    const rig = new Rig();
    for (const [id, maxInactiveInterval] of Object.entries(intervals)) {
      rig
        .say(A, 1, sessionId(id), { type: 'created' })
        .say(A, 2, sessionId(id), delta({}, { maxInactiveInterval }));
    }
    return rig;
  }

  interface Watched {
    readonly expiry: Expiry;
    readonly walks: () => number;
    readonly errors: () => number;
  }

  function expiryOf(
    rig: Rig,
    fail: () => boolean = () => false,
    managers: DeltaManager[] = [rig.manager],
  ): Watched {
    let walks = 0;
    const { logger, lines } = recordingLogger();
    const summaries = (context: Parameters<Rig['store']['summaries']>[0]): Iterable<SessionSummary> => {
      walks++;
      if (fail()) {
        throw new Error('disk full');
      }
      return rig.store.summaries(context);
    };
    const expiry = new Expiry({
      store: { summaries },
      managers,
      slices: new Slices(clock),
      logger,
      now: () => rig.now,
      tomcatUntil: () => tomcatUntil,
    });
    return { expiry, walks: () => walks, errors: () => lines('error').length };
  }

  async function tick(rig: Rig, { expiry }: Watched, ms: number): Promise<void> {
    rig.now += ms;
    expiry.tick();
    await settle();
  }

  it('ends what has been idle for twice its interval, and nothing else', async () => {
    const rig = rigOf({ short: 10, long: 3600, forever: -1 });
    const watched = expiryOf(rig);
    await tick(rig, watched, 19_999);
    expect(rig.store.statistics().sessions).to.equal(3);
    await tick(rig, watched, 20_000);
    expect([...rig.store.summaries(rig.manager.context)].map(({ id }) => id)).to.have.members([
      'long',
      'forever',
    ]);
    expect(rig.counters.expiredIdle).to.equal(1);
  });

  it('looks at the sessions only when one may be due', async () => {
    const rig = rigOf({ long: 3600 });
    const watched = expiryOf(rig);
    await tick(rig, watched, 0);
    for (let i = 0; i < 100; i++) {
      await tick(rig, watched, 60_000);
    }
    expect(watched.walks()).to.equal(1);
    const record = rig.record(sessionId('long'));
    if (record !== undefined) {
      watched.expiry.noticed({ ...record, receivedAt: rig.now - 7_200_000 });
    }
    await tick(rig, watched, 0);
    expect(watched.walks()).to.equal(2);
  });

  it('ends what has been idle for once its interval when no Tomcat is there', async () => {
    const rig = rigOf({ short: 600, long: 3600 });
    const watched = expiryOf(rig);
    await tick(rig, watched, 300_000);
    tomcatUntil = rig.now;
    watched.expiry.presenceChanged();
    await tick(rig, watched, 599_999);
    expect(rig.store.statistics().sessions).to.equal(2);
    const [short, long] = ['short', 'long'].map((id) => rig.record(sessionId(id)));
    rig.now += 1;
    expect([short, long].map((record) => record && watched.expiry.isOver(record))).to.deep.equal([
      true,
      false,
    ]);
    await tick(rig, watched, 10_000);
    expect(rig.store.statistics().sessions).to.equal(1);
  });

  it('looks again when there was nothing to look at', async () => {
    const rig = rigOf({ short: 10 });
    const managers: DeltaManager[] = [];
    const watched = expiryOf(rig, () => false, managers);
    await tick(rig, watched, 0);
    managers.push(rig.manager);
    watched.expiry.presenceChanged();
    await tick(rig, watched, 60_000);
    expect(rig.counters.expiredIdle).to.equal(1);
  });

  it('tries again when the store fails', async () => {
    const rig = rigOf({ short: 10 });
    let broken = true;
    const watched = expiryOf(rig, () => broken);
    await tick(rig, watched, 60_000);
    expect(watched.errors()).to.equal(1);
    broken = false;
    await tick(rig, watched, 60_000);
    expect(rig.counters.expiredIdle).to.equal(1);
  });
});
