import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionId } from '../../src/base/index.js';
import { valuesOf } from './support/streams.js';
import {
  arrivals,
  history,
  relay,
  type History,
  type Model,
  type ModelSession,
  type Said,
} from './support/histories.js';
import { A, APP, B, donated, Rig } from './support/rig.js';

/** What a manager holds, in the terms of the model. */
function heldBy(rig: Rig): Map<string, ModelSession> {
  const held = new Map<string, ModelSession>();
  for (const { id } of rig.store.summaries(APP)) {
    const record = rig.record(id);
    if (record !== undefined) {
      const { creationTime, lastAccessedTime, maxInactiveInterval, authType } = record;
      const attributes = valuesOf(record.attributes);
      held.set(id, { creationTime, attributes, lastAccessedTime, maxInactiveInterval, authType });
    }
  }
  return held;
}

const none: Model = new Map();

const heard = (reuse: boolean) =>
  history(reuse).chain((told) => fc.record({ told: fc.constant(told), arrived: arrivals(told.said) }));

/** Whether a change of a session comes before the end of an earlier session of that id. */
function isAhead({ id, timestamp, event }: Said, rest: readonly Said[]): boolean {
  const ends = rest.filter((other) => other.id === id && other.event.type === 'expired');
  return event.type !== 'created' && ends.some((end) => end.timestamp < timestamp);
}

const numRuns = 300;

for (const isHeard of [true, false]) {
  describe(`DeltaManager, whatever way the messages of one sender take, ${isHeard ? '' : 'un'}heard`, () => {
    testOrder(isHeard);
  });
}

/** `isHeard`: whether somebody wants to know at once. */
function testOrder(isHeard: boolean): void {
  const newRig = (): Rig => Object.assign(new Rig(), { isHeard });

  /** Hands a manager what arrived; checks that it ends where everything in its order would have led. */
  function expectOrderedEnd({ told, arrived }: { told: History; arrived: readonly Said[] }): void {
    const rig = newRig();
    for (const { id, timestamp, event } of arrived) {
      rig.say(A, timestamp, id, event);
    }
    expect(heldBy(rig)).to.deep.equal(told.states.at(-1) ?? none);
    expect(rig.manager.waiting.messages).to.equal(0);
  }

  it('ends where their order would have led', () => {
    fc.assert(fc.property(heard(false), expectOrderedEnd), { numRuns });
  });

  it('ends there too when ids are used again, unless a change of the new session overtakes the end of the old one', () => {
    const property = fc.property(heard(true), (play) => {
      fc.pre(!play.arrived.some((message, i) => isAhead(message, play.arrived.slice(i))));
      expectOrderedEnd(play);
    });
    fc.assert(property, { numRuns });
  });

  it('ends there too when we join in the middle: the state comes at any time after it was asked for', () => {
    const joining = heard(false).chain(({ told }) => {
      const last = told.said.length - 1;
      return fc
        .record({
          listed: fc.integer({ min: -1, max: last }),
          unheard: fc.integer({ min: 0, max: last + 1 }),
        })
        .chain(({ listed, unheard }) => {
          // Everything that the listed state does not hold reaches us, and perhaps some of what it holds.
          const live = told.said.slice(Math.min(unheard, listed + 1));
          return fc.record({
            told: fc.constant(told),
            listed: fc.constant(listed),
            arrived: arrivals(live),
            transferAt: fc.nat(live.length),
          });
        });
    });
    fc.assert(
      fc.property(joining, ({ told, listed, arrived, transferAt }) => {
        const rig = newRig();
        const askedAt = rig.now;
        const hand = (): void => {
          for (const [id, session] of told.states[listed] ?? none) {
            const { attributes, creationTime, lastAccessedTime, maxInactiveInterval } = session;
            const scalars = { creationTime, lastAccessedTime, maxInactiveInterval };
            rig.transfer(
              A,
              donated(id, attributes, { ...scalars, thisAccessedTime: session.lastAccessedTime }),
              askedAt,
            );
          }
        };
        arrived.forEach(({ id, timestamp, event }, i) => {
          if (i === transferAt) {
            hand();
          }
          rig.say(A, timestamp, id, event);
        });
        if (transferAt >= arrived.length) {
          hand();
        }
        const expected = new Map(
          [...(told.states.at(-1) ?? none)].map(([id, session]) => [
            id,
            // It is not part of a transfer: known only to who has heard of it live.
            { ...session, authType: rig.record(id)?.authType ?? null },
          ]),
        );
        expect(heldBy(rig)).to.deep.equal(expected);
      }),
      { numRuns },
    );
  });

  it('ends there too when two of them pass sessions to each other, and ids go back and forth', () => {
    const playing = relay.chain(({ bursts, end }) =>
      fc.tuple(...bursts.map(({ said }) => arrivals(said))).map((arrived) => ({
        end,
        bursts: bursts.map(({ sender }, i) => ({ sender, said: arrived[i] ?? [] })),
      })),
    );
    fc.assert(
      fc.property(playing, ({ bursts, end }) => {
        const rig = newRig();
        for (const { sender, said } of bursts) {
          for (const { id, timestamp, event } of said) {
            rig.say(sender, timestamp, id, event);
          }
        }
        expect(heldBy(rig)).to.deep.equal(end);
        expect(rig.manager.waiting.messages).to.equal(0);
      }),
      { numRuns },
    );
  });

  it('never brings back what another member has ended', () => {
    fc.assert(
      fc.property(heard(false), fc.nat(40), ({ arrived }, at) => {
        const rig = newRig();
        const ended = new Set<SessionId>();
        arrived.forEach(({ id, timestamp, event }, i) => {
          rig.say(A, timestamp, id, event);
          if (i === at && rig.record(id) !== undefined) {
            rig.say(B, 1, id, { type: 'expired' });
            ended.add(id);
          }
        });
        for (const id of ended) {
          expect(rig.record(id)).to.equal(undefined);
        }
      }),
      { numRuns },
    );
  });
}
