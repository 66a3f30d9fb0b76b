import { expect } from 'chai';
import { randomUniqueId } from '../../src/base/index.js';
import type { SendOutcome } from '../../src/channel/channel.js';
import { RpcChannel, type RpcCall, type RpcOutcome, type RpcRequest } from '../../src/channel/rpc-channel.js';
import type { RpcHandler } from '../../src/channel/rpc-services.js';
import type { JavaValue } from '../../src/java/index.js';
import { makeMember, type Member } from '../../src/membership/index.js';
import {
  decodeRpcMessage,
  encodeRpcMessage,
  NEWEST_DIALECT,
  rpcHeadOf,
  type RpcHead,
  type RpcMessage,
} from '../../src/wire/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { member } from './members.js';

const rpcId = Buffer.from('echo', 'latin1');
const [one, two, three] = [member(4001), member(4002), member(4003)];

describe('RpcChannel', () => {
  let clock: ManualClock;
  let handler: RpcHandler | undefined;
  let sent: { to: readonly Member[]; message: RpcMessage; options: number }[];
  let declined: { head: Pick<RpcHead, 'uuid' | 'rpcId'>; to: Member }[];
  let requests: RpcRequest[];
  let outcome: (to: readonly Member[]) => Promise<SendOutcome>;
  let subject: RpcChannel;

  beforeEach(() => {
    clock = new ManualClock();
    [sent, declined, requests] = [[], [], []];
    outcome = (to) => Promise.resolve({ delivered: to, faulty: [] });
    subject = new RpcChannel({
      clock,
      logger: recordingLogger().logger,
      rpcId,
      onRequest: (request) => void requests.push(request),
      channel: {
        send: (to, encode, options) => {
          const payload = typeof encode === 'function' ? encode(NEWEST_DIALECT) : Buffer.from(encode);
          sent.push({ to, message: decodeRpcMessage(Buffer.from(payload)), options });
          return outcome(to);
        },
        registerRpcService: (_, given) => {
          handler = given;
          return () => (handler = undefined);
        },
        declineRpc: (head, to) => void declined.push({ head, to }),
      },
    });
  });

  const text = (value: string): JavaValue => ({ kind: 'string', value });

  function textOf(value: JavaValue): unknown {
    return value?.kind === 'string' ? value.value : value;
  }

  /** The call, under way; what became of it is in the list once it has ended. */
  async function call(rest: Partial<RpcCall> = {}): Promise<RpcOutcome[]> {
    const ended: RpcOutcome[] = [];
    const settings = { replies: 'all', options: 0, timeoutMs: 3000 } as const;
    void subject
      .call({ destinations: [one, two, three], message: () => text('hello'), ...settings, ...rest })
      .then((it) => ended.push(it));
    await turns();
    return ended;
  }

  async function turns(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  async function comes(sender: Member, message: RpcMessage): Promise<void> {
    const payload = encodeRpcMessage(message);
    const head = rpcHeadOf(payload);
    expect(head).not.to.equal(null);
    if (head !== null) {
      const common = { isByteMessage: false, options: 2, timestamp: 0, uniqueId: randomUniqueId() };
      await handler?.messageReceived(head, { payload, sender, ...common });
    }
    await turns();
  }

  const uuid = (): Buffer => sent[0]?.message.uuid ?? Buffer.alloc(16);
  const answers = (from: Member, value: string): Promise<void> =>
    comes(from, { kind: 'reply', uuid: uuid(), rpcId, message: text(value) });
  const knowsNot = (from: Member): Promise<void> =>
    comes(from, { kind: 'no-rpc-channel-reply', uuid: uuid(), rpcId });

  function responses({ responses: all }: RpcOutcome): unknown[] {
    return all.map(({ member: { port }, message }) => [port, textOf(message)]);
  }

  describe('a call', () => {
    it('is sent as a request, without SYNCHRONIZED_ACK', async () => {
      await call({ options: 2 | 4 | 8 });
      expect(sent).to.have.length(1);
      expect(sent[0]).to.deep.include({ to: [one, two, three], options: 2 | 8 });
      const { message } = sent[0] ?? {};
      expect(message?.kind === 'request' && textOf(message.message)).to.equal('hello');
      expect(message?.rpcId).to.deep.equal(rpcId);
    });

    it('for all answers ends with the last', async () => {
      const ended = await call();
      await answers(two, 'b');
      await answers(one, 'a');
      expect(ended).to.have.length(0);
      await answers(three, 'c');
      expect(ended.map(responses)).to.deep.equal([
        [
          [4002, 'b'],
          [4001, 'a'],
          [4003, 'c'],
        ],
      ]);
    });

    it('for the first answer ends with that', async () => {
      const ended = await call({ replies: 'first' });
      await answers(three, 'c');
      expect(ended.map(responses)).to.deep.equal([[[4003, 'c']]]);
    });

    it('for a majority ends when half have answered, as in Tomcat', async () => {
      const ended = await call({ replies: 'majority' });
      await answers(one, 'a');
      expect(ended).to.have.length(0);
      await answers(two, 'b');
      expect(ended.map(responses)).to.deep.equal([
        [
          [4001, 'a'],
          [4002, 'b'],
        ],
      ]);
    });

    it('for no answer ends when it has been sent', async () => {
      const ended = await call({ replies: 'none' });
      expect(ended).to.deep.equal([{ responses: [], faulty: [], declined: [] }]);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('ends with what has come when its time is over', async () => {
      const ended = await call();
      await answers(one, 'a');
      clock.advance(2999);
      await turns();
      expect(ended).to.have.length(0);
      clock.advance(1);
      await turns();
      expect(ended.map(responses)).to.deep.equal([[[4001, 'a']]]);
    });

    it('does not wait for a member that has no such service, or that it did not reach', async () => {
      outcome = () =>
        Promise.resolve({ delivered: [one, two], faulty: [{ member: three, cause: new Error('refused') }] });
      const ended = await call();
      await knowsNot(two);
      expect(ended).to.have.length(0);
      await answers(one, 'a');
      expect(ended.map(responses)).to.deep.equal([[[4001, 'a']]]);
      expect(ended[0]?.faulty).to.deep.equal([three]);
      expect(ended[0]?.declined).to.deep.equal([two]);
    });

    it('that nobody can be sent ends at once, with everybody faulty', async () => {
      outcome = () => Promise.reject(new Error('the channel is stopped'));
      expect(await call()).to.deep.equal([{ responses: [], faulty: [one, two, three], declined: [] }]);
    });

    it('is answered from the address that it was sent to, whatever the id, where that is said', async () => {
      const renamed = makeMember({ ...two.info, uniqueId: randomUniqueId() });
      const byKey = await call({ destinations: [two] });
      await answers(renamed, 'b');
      expect(byKey).to.have.length(0);
      sent = [];
      const byAddress = await call({ destinations: [two], byAddress: true });
      await answers(renamed, 'b');
      await answers(renamed, 'again');
      expect(byAddress.map(responses)).to.deep.equal([[[4002, 'b']]]);
    });

    it('to nobody is not sent', async () => {
      expect(await call({ destinations: [] })).to.deep.equal([{ responses: [], faulty: [], declined: [] }]);
      expect(sent).to.have.length(0);
    });

    it('takes one answer of each whom it asked, and of nobody else', async () => {
      const ended = await call({ destinations: [one, two] });
      await answers(one, 'a');
      await answers(one, 'again');
      await answers(three, 'c');
      expect(ended).to.have.length(0);
      await answers(two, 'b');
      expect(ended.map(responses)).to.deep.equal([
        [
          [4001, 'a'],
          [4002, 'b'],
        ],
      ]);
    });

    it('hands on what comes as it comes, also for a minute after its end', async () => {
      const heard: unknown[] = [];
      await call({ replies: 'first', onResponse: ({ message }) => heard.push(textOf(message)) });
      await answers(one, 'a');
      await answers(two, 'late');
      clock.advance(60_000);
      await answers(three, 'too late');
      expect(heard).to.deep.equal(['a', 'late']);
    });

    it('ends with what has come when the channel is closed, and its service is gone', async () => {
      const ended = await call();
      await answers(one, 'a');
      subject.close();
      await turns();
      expect(ended.map(responses)).to.deep.equal([[[4001, 'a']]]);
      expect(handler).to.equal(undefined);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('is not made when the channel is closed', async () => {
      subject.close();
      const ended = await call();
      await turns();
      expect(ended.map(responses)).to.deep.equal([[]]);
      expect(clock.pendingTimers).to.equal(0);
    });
  });

  describe('a request', () => {
    const request: RpcMessage = { kind: 'request', uuid: Buffer.alloc(16, 7), rpcId, message: text('hello') };

    it('is answered once, to whoever asked', async () => {
      await comes(two, request);
      expect(requests.map(({ message }) => textOf(message))).to.deep.equal(['hello']);
      requests[0]?.reply(() => text('world'));
      requests[0]?.reply(() => text('again'));
      requests[0]?.decline();
      expect(sent).to.have.length(1);
      expect(sent[0]).to.deep.include({ to: [two], options: 0 });
      const { message } = sent[0] ?? {};
      expect(message).to.deep.include({ kind: 'reply', uuid: Buffer.alloc(16, 7), rpcId });
      expect(message?.kind === 'reply' && textOf(message.message)).to.equal('world');
      expect(declined).to.have.length(0);
    });

    it('is declined as by a node that has no such service', async () => {
      await comes(two, request);
      requests[0]?.decline();
      requests[0]?.reply(() => text('too late'));
      expect(declined.map(({ to }) => to)).to.deep.equal([two]);
      expect(sent).to.have.length(0);
    });

    it('that cannot be answered, since its sender has gone, is nobody else’s trouble', async () => {
      outcome = () => Promise.reject(new Error('gone'));
      await comes(two, request);
      requests[0]?.reply(() => text('world'));
      await turns();
      expect(sent).to.have.length(1);
    });
  });
});
