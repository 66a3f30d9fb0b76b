import { expect } from 'chai';
import { LoadCounter, loadMessage, parseTallies } from '../../../interop/kit/index.js';
import { JavaClasses, readObject, toJava, writeStream, plainView } from '../../../src/java/index.js';

describe('LoadCounter', () => {
  let counter: LoadCounter;

  beforeEach(() => {
    counter = new LoadCounter();
  });

  /** As the channel shows it. */
  function come(message: unknown, port = 4001): void {
    const isBytes = Buffer.isBuffer(message);
    const stream = (): Buffer => writeStream({ contents: [toJava(message, new JavaClasses())] });
    const value = isBytes ? message : plainView(readObject(stream()));
    counter.add({ sender: { port }, value, isBytes });
  }

  it('counts messages of both forms, by sender', () => {
    for (let number = 0; number < 3; number++) {
      come(loadMessage('bytes', number, 10));
      come(loadMessage('list', number, 1), 4000);
    }
    expect([counter.senders, counter.fewest]).to.eql([2, 3]);
    const rest = { messages: 3, twice: 0, corrupt: 0, disordered: 0 };
    expect([...counter.take()]).to.eql([
      [4000, { ...rest, bytes: 3 }],
      [4001, { ...rest, bytes: 30 }],
    ]);
    expect(counter.senders).to.equal(0);
  });

  it('finds what is doubled, out of order, or changed', () => {
    const changed = loadMessage('bytes', 3, 10) as Buffer;
    changed[20] = (changed[20] ?? 0) ^ 1;
    for (const message of [1, 0, 1, 2].map((number) => loadMessage('bytes', number, 10)).concat(changed)) {
      come(message);
    }
    expect(counter.take().get(4001)).to.eql({ messages: 5, twice: 1, corrupt: 1, disordered: 1, bytes: 50 });
  });

  it('reads what Java has counted', () => {
    const line =
      '4001 messages 5 twice 1 corrupt 2 disordered 3 bytes 50; 4002 messages 1 twice 0 corrupt 0 disordered 0 bytes 7';
    expect([...parseTallies(line)]).to.eql([
      [4001, { messages: 5, twice: 1, corrupt: 2, disordered: 3, bytes: 50 }],
      [4002, { messages: 1, twice: 0, corrupt: 0, disordered: 0, bytes: 7 }],
    ]);
    expect(parseTallies('').size).to.equal(0);
  });
});
