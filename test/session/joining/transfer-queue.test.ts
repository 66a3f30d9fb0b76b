import { expect } from 'chai';
import { TransferQueue, type QueuedTransfer } from '../../../src/session/joining/transfer-queue.js';
import { settle } from '../support/node.js';

describe('TransferQueue', () => {
  let log: string[];
  let finish: Map<string, () => void>;

  beforeEach(() => {
    log = [];
    finish = new Map();
  });

  /** Says when it is begun; ends when the test says so. */
  function transfer(name: string, bytes: number): QueuedTransfer {
    const takeIn = (): Promise<void> => {
      log.push(`${name} begun`);
      return new Promise((resolve) => void finish.set(name, resolve));
    };
    return { bytes, takeIn };
  }

  async function add(queue: TransferQueue, name: string, bytes: number): Promise<void> {
    void queue.add(transfer(name, bytes)).then(() => log.push(`${name} accepted`));
    await settle();
  }

  async function end(name: string): Promise<void> {
    finish.get(name)?.();
    await settle();
  }

  it('accepts before it takes in, and takes in one after the other', async () => {
    const queue = new TransferQueue(100);
    void queue.add(transfer('a', 10)).then(() => log.push('a accepted'));
    expect(log).to.deep.equal([]);
    await settle();
    await add(queue, 'b', 10);
    expect(log).to.have.members(['a accepted', 'a begun', 'b accepted']);
    expect(queue).to.deep.include({ bytes: 20, length: 1 });
    await end('a');
    expect(log.at(-1)).to.equal('b begun');
    await end('b');
    expect(queue).to.deep.include({ bytes: 0, length: 0 });
  });

  it('lets wait what there is no room for, and whatever comes behind it', async () => {
    const queue = new TransferQueue(100);
    await add(queue, 'a', 60);
    await add(queue, 'b', 60);
    await add(queue, 'c', 1);
    expect(log).to.not.include.members(['b accepted']);
    expect(log).to.not.include.members(['c accepted']);
    expect(queue.bytes).to.equal(60);
    await end('a');
    expect(log).to.include.members(['b accepted', 'c accepted', 'b begun']);
  });

  it('has room for one, however large it is', async () => {
    const queue = new TransferQueue(100);
    await add(queue, 'a', 1000);
    expect(log).to.include('a accepted');
  });

  it('closed, drops what it has not begun, lets nobody wait, and waits for what it has begun', async () => {
    const queue = new TransferQueue(100);
    await add(queue, 'a', 60);
    await add(queue, 'b', 30);
    await add(queue, 'c', 60);
    let closed = false;
    void queue.close().then(() => void (closed = true));
    await settle();
    expect(log).to.include('c accepted');
    expect(closed).to.equal(false);
    await end('a');
    expect(closed).to.equal(true);
    expect(log.filter((line) => line.endsWith('begun'))).to.deep.equal(['a begun']);
    await add(queue, 'd', 1);
    expect(log.at(-1)).to.equal('d accepted');
  });
});
