import { expect } from 'chai';
import { randomUniqueId, systemClock } from '../../src/base/index.js';
import type { ReceivedMessage, SendOutcome } from '../../src/channel/channel.js';
import { RpcServices } from '../../src/channel/rpc-services.js';
import { Supervisor } from '../../src/channel/supervisor.js';
import type { Member } from '../../src/membership/index.js';
import {
  decodeRpcMessage,
  encodeRpcMessage,
  MEMBER_IMPL_UIDS,
  type DialectObservation,
  type RpcMessage,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { vectorFiles } from '../support/vectors.js';
import { member } from './members.js';

const uuid = Buffer.from('0102030405060708090a0b0c0d0e0f10', 'hex');
const rpcId = Buffer.from('localhost#/app-map', 'latin1');

describe('RpcServices', () => {
  const caller = member(4001);
  let log: ReturnType<typeof recordingLogger>;
  let tasks: Supervisor;
  let sent: { to: Member; payload: Buffer; options: number }[];
  let observed: { sender: Member; observation: DialectObservation }[];
  let outcome: () => Promise<SendOutcome>;
  let subject: RpcServices;

  beforeEach(() => {
    log = recordingLogger();
    tasks = new Supervisor(log.logger);
    sent = [];
    observed = [];
    outcome = () => Promise.resolve({ delivered: [caller], faulty: [] });
    subject = new RpcServices({
      clock: systemClock,
      logger: log.logger,
      tasks,
      send: (to, payload, options) => {
        sent.push({ to, payload, options });
        return outcome();
      },
      observe: (sender, observation) => void observed.push({ sender, observation }),
    });
  });

  function received(payload: Buffer): ReceivedMessage {
    return {
      payload,
      isByteMessage: false,
      sender: caller,
      options: 2,
      timestamp: 0,
      uniqueId: randomUniqueId(),
    };
  }

  function rpc(message: RpcMessage): ReceivedMessage {
    return received(encodeRpcMessage(message));
  }

  it('answers a call of a service that is not here with NoRpcChannelReply, options 8', async () => {
    expect(await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }))).to.equal(
      true,
    );
    await tasks.idle();
    expect(sent.map(({ to, options }) => ({ to, options }))).to.eql([{ to: caller, options: 8 }]);
    expect(decodeRpcMessage(sent[0]?.payload ?? uuid)).to.eql({ kind: 'no-rpc-channel-reply', uuid, rpcId });
    expect(subject.counts).to.eql({ rpcDeclined: 1, rpcUnanswered: 0, rpcAnswersIgnored: 0 });
  });

  for (const [file, vectors] of vectorFiles('04-rpc')) {
    const answer = vectors.find(({ name }) => name === 'rpc-no-rpc-channel-reply');
    it(`answers with the bytes of ${answer?.producer ?? `a vector missing from ${file}`}`, async () => {
      const bytes = answer?.bytes ?? Buffer.alloc(0);
      const ids = decodeRpcMessage(bytes);
      await subject.messageReceived(rpc({ ...ids, kind: 'request', message: null }));
      await tasks.idle();
      expect(sent[0]?.payload.toString('hex')).to.equal(bytes.toString('hex'));
    });
  }

  it('answers also when what the call carries cannot be understood', async () => {
    const { payload } = rpc({ kind: 'request', uuid, rpcId, message: null });
    const broken = Buffer.concat([payload.subarray(0, -2), Buffer.from('73ff', 'hex')]);
    expect(await subject.messageReceived(received(broken))).to.equal(true);
    expect(subject.counts.rpcDeclined).to.equal(1);
  });

  for (const [file, group] of [
    ['tomcat9', 'D'],
    ['tomcat10', 'F'],
  ] as const) {
    it(`learns from the INIT of a replicated map to which releases the caller belongs: ${file}`, async () => {
      const [vectors] = vectorFiles(`04-rpc-and-maps-${file}`).values();
      const init = vectors?.find(({ name }) => name === 'rpc-map-INIT')?.bytes ?? Buffer.alloc(0);
      await subject.messageReceived(received(init));
      const observation: DialectObservation = { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS[group] };
      expect(observed).to.eql([{ sender: caller, observation }]);
    });
  }

  it('answers no answer', async () => {
    await subject.messageReceived(rpc({ kind: 'reply', uuid, rpcId, message: null }));
    await subject.messageReceived(rpc({ kind: 'no-rpc-channel-reply', uuid, rpcId }));
    await tasks.idle();
    expect(sent).to.eql([]);
    expect(subject.counts.rpcAnswersIgnored).to.equal(2);
  });

  it('has nothing to do with other messages', async () => {
    expect(await subject.messageReceived(received(Buffer.from('aced000574000568656c6c6f', 'hex')))).to.equal(
      false,
    );
    expect(await subject.messageReceived(received(Buffer.from('aced0005', 'hex')))).to.equal(false);
  });

  it('says at once whether a message is its own, unless a handler has to be waited for', async () => {
    const call = rpc({ kind: 'request', uuid, rpcId, message: null });
    let handling: void | Promise<void> = undefined;
    subject.register(rpcId, { messageReceived: () => handling });
    expect(subject.messageReceived(received(Buffer.from('aced0005', 'hex')))).to.equal(false);
    expect(subject.messageReceived(call)).to.equal(true);
    handling = Promise.resolve();
    const taking = subject.messageReceived(call);
    expect(taking).to.be.instanceOf(Promise);
    expect(await taking).to.equal(true);
  });

  it('hands calls and answers of a registered service to its handler, until it is taken away', async () => {
    const heads: string[] = [];
    const remove = subject.register(rpcId, {
      messageReceived: (head, message) => void heads.push(`${head.kind} from ${message.sender.port}`),
    });
    await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }));
    await subject.messageReceived(rpc({ kind: 'no-rpc-channel-reply', uuid, rpcId }));
    await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId: Buffer.from('other'), message: null }));
    expect(heads).to.eql(['request from 4001', 'no-rpc-channel-reply from 4001']);
    expect(subject.counts.rpcDeclined).to.equal(1);
    remove();
    await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }));
    expect(subject.counts.rpcDeclined).to.equal(2);
  });

  it('asks those who look for services about a call of one that is not here, one after the other', async () => {
    const asked: string[] = [];
    const handler = { messageReceived: () => void asked.push('taken') };
    subject.discover(({ rpcId: id }) => {
      asked.push(`first: ${id.toString()}`);
      return undefined;
    });
    subject.discover(() => {
      asked.push('second');
      return handler;
    });
    subject.discover(() => {
      throw new Error('is not asked');
    });
    await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }));
    expect(asked).to.eql([`first: ${rpcId.toString()}`, 'second', 'taken']);
    expect(subject.counts.rpcDeclined).to.equal(0);
  });

  it('declines a call for which nobody makes a service, and asks nobody about answers', async () => {
    let asked = 0;
    subject.discover(() => {
      asked++;
      return undefined;
    });
    await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }));
    await subject.messageReceived(rpc({ kind: 'reply', uuid, rpcId, message: null }));
    expect(asked).to.equal(1);
    expect(subject.counts).to.include({ rpcDeclined: 1, rpcAnswersIgnored: 1 });
  });

  it('refuses a second handler for a service', () => {
    const handler = { messageReceived: () => undefined };
    subject.register(rpcId, handler);
    thrownBy('TRIBES_E_CHANNEL_LISTENER', () => subject.register(rpcId, handler));
  });

  it('has no more than 256 answers on their way', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    outcome = () => gate.then(() => ({ delivered: [caller], faulty: [] }));
    const call = rpc({ kind: 'request', uuid, rpcId, message: null });
    for (let i = 0; i < 300; i++) {
      await subject.messageReceived(call);
    }
    expect(subject.counts).to.include({ rpcDeclined: 256, rpcUnanswered: 44 });
    release();
    await tasks.idle();
    await subject.messageReceived(call);
    expect(subject.counts.rpcDeclined).to.equal(257);
    await eventually('answered', () => sent.length === 257);
  });

  it('warns once a minute for each caller that cannot be answered', async () => {
    const cause = new Error('connection refused');
    const outcomes = [
      Promise.resolve({ delivered: [], faulty: [{ member: caller, cause }] }),
      Promise.reject(cause),
    ];
    outcome = () => outcomes.shift() ?? Promise.reject(cause);
    for (let i = 0; i < 3; i++) {
      await subject.messageReceived(rpc({ kind: 'request', uuid, rpcId, message: null }));
      await tasks.idle();
    }
    expect(log.lines('warn').map(({ fields }) => fields)).to.eql([
      { caller: 'tcp://127.0.0.1:4001', why: 'connection refused', times: 1 },
    ]);
  });
});
