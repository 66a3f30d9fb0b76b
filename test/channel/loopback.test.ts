import { expect } from 'chai';
import { TribesError } from '../../src/base/index.js';
import type { ReceivedMessage } from '../../src/channel/index.js';
import { eventually } from '../support/eventually.js';
import { LoopbackNode, randomGroup, type Group, type LoopbackNodeOptions } from './loopback-node.js';

const HELLO = Buffer.from('aced000574000568656c6c6f', 'hex');

describe('two channels on one multicast group', function () {
  this.timeout(20_000);
  let group: Group;
  let nodes: LoopbackNode[];

  beforeEach(() => {
    group = randomGroup();
    nodes = [];
  });

  afterEach(() => Promise.all(nodes.map(({ channel }) => channel.stop())));

  async function start(...options: LoopbackNodeOptions[]): Promise<LoopbackNode[]> {
    const started = options.map((one) => new LoopbackNode(group, { frequency: 50, ...one }));
    nodes.push(...started);
    await Promise.all(started.map(({ channel }) => channel.start()));
    return started;
  }

  async function startTwo(first: LoopbackNodeOptions = {}, second: LoopbackNodeOptions = {}) {
    const [a, b] = await start(first, second);
    if (a === undefined || b === undefined) {
      throw new Error('two were to be started');
    }
    return { a, b, toA: await b.member(a.port), toB: await a.member(b.port) };
  }

  it('find each other, verified by a probe each, which the other swallows', async () => {
    const { a, b, toA, toB } = await startTwo();
    expect(toA.key).to.equal(a.channel.local.key);
    expect(toB.key).to.equal(b.channel.local.key);
    for (const node of [a, b]) {
      await eventually('probed', () => node.statistic('TcpFailureDetector', 'probesReceived') === 1);
      expect(node.received).to.eql([]);
      expect([...node.lines('warn'), ...node.lines('error')]).to.eql([]);
    }
  });

  it('exchange messages with every combination of send options', async () => {
    const { a, b, toA, toB } = await startTwo();
    for (const options of [0, 2, 4, 6, 8, 10, 14]) {
      expect((await a.channel.send([toB], () => HELLO, options)).delivered).to.eql([toB]);
      expect((await b.channel.send([toA], () => Buffer.from('raw'), options | 1)).delivered).to.eql([toA]);
    }
    await eventually('b has all', () => b.received.length === 7);
    await eventually('a has all', () => a.received.length === 7);
    const inOrder = (node: LoopbackNode): string[] => node.payloads().sort();
    expect(inOrder(b)).to.eql(
      [0, 10, 14, 2, 4, 6, 8].map((options) => `${options} ${HELLO.toString('hex')}`),
    );
    expect(inOrder(a)).to.eql([1, 11, 15, 3, 5, 7, 9].map((options) => `${options} 726177`));
    expect(a.received.every(({ sender }) => sender === toB)).to.equal(true);
  });

  it('keep the order of queued messages', async () => {
    const { a, b, toB } = await startTwo();
    const count = 500;
    for (let i = 0; i < count; i++) {
      await a.channel.send([toB], () => Buffer.from(String(i)), i % 2 === 0 ? 9 : 11);
    }
    await eventually('all are there', () => b.received.length === count);
    expect(b.received.map(({ payload }) => payload.toString())).to.eql(
      Array.from({ length: count }, (_, i) => String(i)),
    );
  });

  it('tell the sender with options 6, and not with 2, that processing failed; nobody is suspected for it', async () => {
    const failing = (): Promise<boolean> => Promise.reject(new Error('no space left'));
    const { a, toB } = await startTwo({}, { take: failing });
    const { faulty } = await a.channel.send([toB], () => HELLO, 6);
    expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_SEND_FAIL_ACK');
    expect((await a.channel.send([toB], () => HELLO, 2)).delivered).to.eql([toB]);
    expect(a.statistic('TcpFailureDetector', 'probesSent')).to.equal(1);
  });

  it('acknowledge with options 6 what nobody understands or wants', async () => {
    const undecodable = (): Promise<boolean> =>
      Promise.reject(new TribesError('TRIBES_E_WIRE_TRAILING', { layout: 'x', offset: 0, left: 1 }));
    const { a, b, toA, toB } = await startTwo({ take: () => false }, { take: undecodable });
    expect((await a.channel.send([toB], () => HELLO, 6)).delivered).to.eql([toB]);
    expect((await b.channel.send([toA], () => HELLO, 6)).delivered).to.eql([toA]);
    expect(b.channel.statistics().undecodable).to.equal(1);
    expect(a.channel.statistics().unaccepted).to.equal(1);
  });

  it('hold an acknowledgement with options 6 until the message is processed', async () => {
    let processed = false;
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = async (): Promise<boolean> => {
      await gate;
      return (processed = true);
    };
    const { a, b, toB } = await startTwo({}, { take: slow });
    const sending = a.channel.send([toB], () => HELLO, 6).then(() => processed);
    await eventually('received', () => b.received.length === 1);
    release();
    expect(await sending).to.equal(true);
  });

  it('hear at once when one says goodbye', async () => {
    const { a, b } = await startTwo();
    const { port } = b;
    await b.channel.stop();
    await eventually('gone', () => a.events.includes(`-${port} shutdown`), 1000);
    expect(a.channel.members()).to.eql([]);
  });

  it('go on as members after one has stopped and started again', async () => {
    const { a, b } = await startTwo();
    await b.channel.stop();
    await b.channel.start();
    const back = await a.member(b.port);
    const received = (message: ReceivedMessage): boolean => message.payload.equals(HELLO);
    expect((await a.channel.send([back], () => HELLO, 6)).delivered).to.eql([back]);
    expect(b.received.filter(received)).to.have.length(1);
  });

  it('leave nothing behind when one cannot start', async () => {
    const { a } = await startTwo();
    const other = new LoopbackNode({ ...group, address: '10.0.0.1' });
    let failure: unknown;
    await other.channel.start().catch((error: unknown) => (failure = error));
    expect(failure).to.have.property('code', 'TRIBES_E_MEMBERSHIP_ADDRESS');
    const { port } = other;
    const stranger = { ...a.channel.local, key: other.channel.local.key, port };
    const { faulty } = await a.channel.send([stranger], () => HELLO, 2);
    expect(faulty).to.have.nested.property('[0].cause.code', 'TRIBES_E_SEND_REFUSED');
  });
});
