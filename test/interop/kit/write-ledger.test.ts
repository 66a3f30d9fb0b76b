import { expect } from 'chai';
import { WriteLedger, type MirroredSession } from '../../../interop/kit/index.js';

describe('WriteLedger', () => {
  let ledger: WriteLedger;

  beforeEach(() => {
    ledger = new WriteLedger(() => 'now');
    note('create A', 'write A a0 2');
  });

  /** What the first writer does in its first slot, acknowledged. */
  function note(...tries: readonly string[]): void {
    for (const text of tries) {
      ledger.note(`0 try 0 ${text}`);
      ledger.note('0 acknowledged');
    }
  }

  function cutOff(text: string): void {
    ledger.note(`0 try 0 ${text}`);
    ledger.note('0 failed connection reset');
  }

  it('finds nothing wrong with what was acknowledged', () => {
    expect(found({ A: { a0: 2, filler: 'xx' } })).to.deep.equal([]);
  });

  it('finds a lost session, a lost attribute, an old value, half of a delta and a removed attribute that is back', () => {
    expect(found({})).to.have.length(1);
    expect(found({ A: {} })).to.have.length(1);
    expect(found({ A: { a0: 1, filler: 'x' } })).to.have.length(1);
    expect(found({ A: { a0: 2, filler: 'x' } })).to.have.length(1);
    note('remove A a0');
    expect(found({ A: { a0: 2, filler: 'xx' } })).to.have.length(1);
    expect(found({ A: { filler: 'xx' } })).to.deep.equal([]);
  });

  it('finds an expired session that is back, and one that never was', () => {
    note('expire A');
    expect(found({ A: { a0: 2, filler: 'xx' } })).to.have.length(1);
    expect(found({ B: {} })).to.have.length(1);
    expect(found({})).to.deep.equal([]);
  });

  it('follows a session to its new id', () => {
    note('rename A B');
    expect(found({ B: { a0: 2, filler: 'xx' } })).to.deep.equal([]);
    expect(found({ A: { a0: 2, filler: 'xx' } })).to.have.length(2); // B is lost, A is back
    expect(found({ A: { a0: 2, filler: 'xx' }, B: { a0: 2, filler: 'xx' } })).to.have.length(1);
  });

  it('takes a change that was cut off as made or not made, and holds the node to what it was', () => {
    cutOff('write A a0 3');
    expect(found({ A: { a0: 3, filler: 'xxx' } })).to.deep.equal([]);
    expect(found({ A: { a0: 2, filler: 'xx' } })).to.have.length(1);
  });

  it('does not take half of a change that was cut off', () => {
    cutOff('rename A B');
    expect(found({ A: {} })).to.have.length(1);
  });

  it("tells a lost session's story, and of many only the last of it", () => {
    expect(found({})[0]).to.contain('now create A\n      now acknowledged\n      now write A a0 2');
    note(...Array.from({ length: 50 }, (_, number) => `write A a0 ${number}`));
    expect(found({})[0]?.split('\n')).to.have.length.below(20);
  });

  it('counts what was acknowledged and what was cut off', () => {
    cutOff('remove A a0');
    expect([ledger.acknowledged, ledger.failed]).to.deep.equal([2, 1]);
  });

  it('refuses a line that no writer says', () => {
    expect(() => ledger.note('Exception in thread "main"')).to.throw('no line of a writer');
  });

  function found(sessions: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string[] {
    return ledger.compare(
      new Map(
        Object.entries(sessions).map(([id, values]) => {
          const attributes = Object.fromEntries(
            Object.entries(values).map(([name, value]) => [name, { class: null, value }]),
          );
          return [id, { id, attributes } as unknown as MirroredSession];
        }),
      ),
    );
  }
});
