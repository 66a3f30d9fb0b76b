import { expect } from 'chai';
import { contextName, sessionId, silentLogger, systemClock } from '../../src/base/index.js';
import { EventHub } from '../../src/library/event-hub.js';
import type { SessionEvent } from '../../src/session/index.js';

describe('EventHub', () => {
  const event: SessionEvent = {
    type: 'sessionCreated',
    context: contextName('localhost#/app'),
    id: sessionId('S'),
    at: 1,
  };

  /** A hub, and those whom the mirror tells of sessions. */
  function hubOf() {
    const subscribed = new Set<(event: SessionEvent) => void>();
    const mirror = {
      subscribe(listener: (event: SessionEvent) => void) {
        subscribed.add(listener);
        return () => void subscribed.delete(listener);
      },
      onSynchronised: () => () => undefined,
    };
    const channel = { addMembershipListener: () => undefined };
    return {
      hub: new EventHub({ mirror, channel }, { clock: systemClock, logger: silentLogger }),
      subscribed,
    };
  }

  it('hears of sessions while somebody listens, so that nothing is made for nobody', () => {
    const { hub, subscribed } = hubOf();
    expect(subscribed.size).to.equal(0);
    const told: string[] = [];
    const first = hub.add(({ type }) => told.push(`first ${type}`));
    const second = hub.add(({ type }) => told.push(`second ${type}`));
    expect(subscribed.size).to.equal(1);
    subscribed.forEach((tell) => tell(event));
    first();
    subscribed.forEach((tell) => tell(event));
    second();
    expect(subscribed.size).to.equal(0);
    expect(told).to.deep.equal(['first sessionCreated', 'second sessionCreated', 'second sessionCreated']);
    hub.add(() => undefined);
    expect(subscribed.size).to.equal(1);
  });

  it('hears nothing any more when it is closed, whoever comes later', () => {
    const { hub, subscribed } = hubOf();
    hub.add(() => undefined);
    hub.close();
    hub.add(() => undefined);
    expect(subscribed.size).to.equal(0);
  });
});
