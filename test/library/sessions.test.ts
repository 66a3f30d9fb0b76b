import { expect } from 'chai';
import { defaultJavaLimits, defaultViewLimits } from '../../src/base/index.js';
import { JavaClasses } from '../../src/java/index.js';
import { Sessions } from '../../src/library/index.js';
import type { SessionMirror } from '../../src/session/index.js';
import { TestNode, jdkAttribute, testRecord } from '../api/test-node.js';
import { ManualClock } from '../support/manual-clock.js';
import { APP } from './program.js';

/** Every look at it takes a millisecond. */
class TiringClock extends ManualClock {
  override monotonic(): number {
    this.advance(1);
    return super.monotonic();
  }
}

function sessionsOf(mirror: SessionMirror): Sessions {
  const limits = { javaLimits: defaultJavaLimits, viewLimits: defaultViewLimits };
  return new Sessions({
    mirror,
    writer: null,
    classes: new JavaClasses(),
    clock: new TiringClock(),
    ...limits,
  });
}

describe('Sessions', () => {
  const COUNT = 600;
  let node: TestNode;
  let sessions: Sessions;
  let turns: number;
  let counting: NodeJS.Immediate;

  beforeEach(async () => {
    node = new TestNode();
    await node.store.open();
    const attributes = [jdkAttribute('day', 'LocalDate')];
    for (let number = 0; number < COUNT; number++) {
      node.store.put(testRecord(`S${number}`, APP, { attributes }));
    }
    sessions = sessionsOf(node.mirror);
    turns = 0;
    const count = (): void => {
      turns++;
      counting = setImmediate(count);
    };
    count();
  });

  afterEach(async () => {
    clearImmediate(counting);
    await node.store.close();
  });

  it('are looked through with turns of the event loop in between, every five milliseconds', async () => {
    const seen = new Set<string>();
    for await (const session of sessions) {
      seen.add(session.id);
    }
    expect(seen.size).to.equal(COUNT);
    // One look for each session; a turn that waits may take two.
    expect(turns).to.be.greaterThan(COUNT / 5 - 2);
  });

  it('are listed without being read', async () => {
    const listed = sessionsOf({ ...node.mirror, find: (id) => expect.fail(`${id} was read`) });
    const names = new Set<string>();
    for await (const { id, attributeNames } of listed.summaries()) {
      names.add(`${id}: ${attributeNames.join()}`);
    }
    expect(names.size).to.equal(COUNT);
    expect(names).to.include('S1: day');
    expect(turns).to.be.greaterThan(COUNT / 5 - 2);
  });
});
