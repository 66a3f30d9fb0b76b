import { expect } from 'chai';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { MessageQueue } from '../../src/transport/message-queue.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';

interface Message {
  readonly name: string;
  readonly bytes: number;
}

const SLICE_MS = 5;

describe('MessageQueue', () => {
  let clock: ManualClock;
  let begun: string[];
  let pauses: string[];

  beforeEach(() => {
    clock = new ManualClock();
    begun = [];
    pauses = [];
  });

  function queue(
    process: (message: Message) => void | Promise<void> = () => undefined,
  ): MessageQueue<Message> {
    const made = new MessageQueue<Message>({
      clock,
      process: (message) => {
        begun.push(message.name);
        return process(message);
      },
      onPause: () => pauses.push(`behind ${begun.join('')}, ${made.isDone ? 'done' : 'not done'}`),
    });
    return made;
  }

  function push(subject: MessageQueue<Message>, names: string, bytes = 100): void {
    names.split('').forEach((name) => subject.push({ name, bytes }));
  }

  it('processes at once what need not be waited for, and pauses when all is done', () => {
    const subject = queue();
    push(subject, 'abc');
    expect([subject.bytes, subject.isDone, begun]).to.eql([300, false, []]);
    subject.process();
    expect([subject.bytes, subject.isDone, begun]).to.eql([0, true, ['a', 'b', 'c']]);
    expect(pauses).to.eql(['behind abc, done']);
  });

  it('processes a message only when the one before is processed, however often it is told to', async () => {
    const gates: (() => void)[] = [];
    const subject = queue(({ name }) =>
      name < 'a' ? undefined : new Promise<void>((resolve) => gates.push(resolve)),
    );
    push(subject, '1a2b');
    subject.process();
    subject.process();
    expect([subject.bytes, begun]).to.eql([300, ['1', 'a']]);
    gates[0]?.();
    await turn();
    subject.process();
    push(subject, '3');
    expect([subject.bytes, begun]).to.eql([200, ['1', 'a', '2', 'b']]);
    gates[1]?.();
    await turn();
    expect([subject.bytes, subject.isDone, begun.join('')]).to.eql([0, true, '1a2b3']);
    expect(pauses).to.eql(['behind 1a, not done', 'behind 1a2b, not done', 'behind 1a2b3, done']);
  });

  it('lets others have their turn when a slice is over, and goes on then', async () => {
    const subject = queue(() => clock.advance(1));
    push(subject, 'a'.repeat(100));
    subject.process();
    expect(begun.length).to.be.within(SLICE_MS, 2 * SLICE_MS + 3);
    expect(pauses.length).to.equal(1);
    expect(subject.isDone).to.equal(false);
    subject.process();
    expect(pauses.length, 'the next slice is waited for').to.equal(1);
    const first = begun.length;
    await turn();
    expect(begun.length).to.be.within(first + SLICE_MS, first + 2 * SLICE_MS + 3);
    await eventually('all', () => subject.isDone);
    expect(begun.length).to.equal(100);
  });

  it('looks at the clock behind each large message', async () => {
    const subject = queue(() => clock.advance(SLICE_MS + 1));
    push(subject, 'ab', 100_000);
    subject.process();
    expect(begun).to.eql(['a']);
    await turn();
    expect(begun).to.eql(['a', 'b']);
  });

  it('lets others have their turn also where handlers return promises that need no turn', async () => {
    const subject = queue(() => {
      clock.advance(1);
      return Promise.resolve();
    });
    push(subject, 'a'.repeat(50));
    subject.process();
    await turn();
    expect(begun.length).to.be.lessThan(50);
    await eventually('all', () => subject.isDone);
  });

  it('is done behind the last message, whether or not the slice is over', () => {
    const subject = queue(() => clock.advance(SLICE_MS + 1));
    push(subject, 'a', 100_000);
    subject.process();
    expect(subject.isDone).to.equal(true);
  });

  it('takes what is pushed while it processes', () => {
    const subject = queue(({ name }) => {
      if (name === 'a') {
        push(subject, 'b');
        subject.process();
      }
    });
    push(subject, 'a');
    subject.process();
    expect(begun).to.eql(['a', 'b']);
  });

  it('processes all in their order, one at a time, whatever has to be waited for', async () => {
    const kind = fc.constantFrom('at once', 'promise', 'turn', 'slow');
    const steps = fc.array(fc.record({ kind, bytes: fc.nat(10_000), thenProcess: fc.boolean() }));
    await fc.assert(
      fc.asyncProperty(steps, async (messages) => {
        const processed: number[] = [];
        let underWay = 0;
        const subject = new MessageQueue<{ bytes: number; index: number; kind: string }>({
          clock,
          process: (message) => {
            expect(underWay++).to.equal(0);
            const end = (): void => {
              underWay--;
              processed.push(message.index);
            };
            clock.advance(message.kind === 'slow' ? 3 : 0);
            switch (message.kind) {
              case 'promise':
                return Promise.resolve().then(end);
              case 'turn':
                return turn().then(end);
              default:
                end();
                return undefined;
            }
          },
          onPause: () => undefined,
        });
        messages.forEach((message, index) => {
          subject.push({ ...message, index });
          if (message.thenProcess) {
            subject.process();
          }
        });
        subject.process();
        await eventually('all', () => subject.isDone);
        expect(processed).to.eql(messages.map((_, index) => index));
        expect(subject.bytes).to.equal(0);
      }),
    );
  });
});
