import { expect } from 'chai';
import type { Channel, ChannelListener } from '../../src/channel/index.js';
import { StaticMembershipMessenger } from '../../src/channel/index.js';
import type { RpcDiscovery, RpcHandler } from '../../src/channel/rpc-services.js';
import type { JavaValue } from '../../src/java/index.js';
import {
  decodeRpcMessage,
  encodeRpcMessage,
  encodeStaticMemberMessage,
  MEMBER_IMPL_UIDS,
  NEWEST_DIALECT,
  rpcHeadOf,
  staticMemberMessageObject,
  StaticMemberMessageType,
  type Dialect,
  type DialectObservation,
  type StaticMemberMessage,
} from '../../src/wire/index.js';
import { randomUniqueId } from '../../src/base/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { member } from './members.js';

const ID = Buffer.from('Catalina-Channel-StaticMembership', 'latin1');
const { D, F } = MEMBER_IMPL_UIDS;
const [us, them] = [member(4001), member(4002)];

const messageOf = (msgtype: number, membershipId = ID): StaticMemberMessage => ({
  msgtype,
  member: { javaClass: 'StaticMember', member: us.info },
  membershipId,
});

describe('StaticMembershipMessenger', () => {
  let clock: ManualClock;
  let handler: RpcHandler | undefined;
  let listener: ChannelListener | undefined;
  let discovery: RpcDiscovery | undefined;
  let uids: bigint[];
  let sent: Buffer[];
  let observed: DialectObservation[];
  let told: number[];
  let answer: StaticMemberMessage | undefined;
  let declined: number;
  let log: ReturnType<typeof recordingLogger>;
  let subject: StaticMembershipMessenger;

  beforeEach(() => {
    clock = new ManualClock();
    log = recordingLogger();
    [uids, sent, observed, told, declined] = [[], [], [], [], 0];
    answer = messageOf(StaticMemberMessageType.PING);
    let uid: bigint = NEWEST_DIALECT.memberImplUid;
    const channel: ConstructorParameters<typeof StaticMembershipMessenger>[0]['channel'] = {
      send: (to, encode) => {
        const dialect: Dialect = { ...NEWEST_DIALECT, memberImplUid: uid };
        uids.push(uid);
        sent.push(Buffer.from(encode(dialect)));
        return Promise.resolve({ delivered: to, faulty: [] });
      },
      registerRpcService: (_, given) => {
        handler = given;
        return () => undefined;
      },
      declineRpc: () => declined++,
      discoverRpcServices: (given) => (discovery = given),
      addChannelListener: (given) => (listener = given),
      observeDialect: (_, observation) => {
        observed.push(observation);
        uid = observation.seen === 'memberImpl' ? observation.uid : uid;
      },
    } satisfies Partial<Channel>;
    subject = new StaticMembershipMessenger({ channel, clock, logger: log.logger });
    subject.listen(ID, { requested: () => answer, told: ({ msgtype }) => told.push(msgtype) });
  });

  const common = { isByteMessage: false, options: 8, timestamp: 0, uniqueId: randomUniqueId() };

  async function turns(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  async function comes(payload: Buffer): Promise<boolean> {
    const head = rpcHeadOf(payload);
    if (head === null) {
      return (await listener?.messageReceived({ ...common, payload, sender: them })) ?? false;
    }
    await handler?.messageReceived(head, { ...common, payload, sender: them });
    await turns();
    return true;
  }

  function ask(): { answers: number[]; ended: boolean[] } {
    const seen = { answers: new Array<number>(), ended: new Array<boolean>() };
    void subject
      .ask([them], messageOf(StaticMemberMessageType.PING), {
        timeoutMs: 3000,
        onAnswer: ({ msgtype }) => seen.answers.push(msgtype),
      })
      .then(() => seen.ended.push(true));
    return seen;
  }

  const uuidOf = (payload: Buffer | undefined): Buffer =>
    payload === undefined ? Buffer.alloc(16) : decodeRpcMessage(payload).uuid;

  const reply = (message: JavaValue): Buffer =>
    encodeRpcMessage({ kind: 'reply', uuid: uuidOf(sent.at(-1)), rpcId: ID, message });

  it('asks in one form after the other until it is answered, and then in that', async () => {
    ask();
    await turns();
    clock.advance(3000);
    await turns();
    const second = ask();
    await turns();
    const dialect = { ...NEWEST_DIALECT, memberImplUid: D };
    await comes(reply(staticMemberMessageObject(messageOf(StaticMemberMessageType.PING), dialect)));
    await turns();
    expect(second).to.eql({ answers: [StaticMemberMessageType.PING], ended: [true] });
    ask();
    await turns();
    expect(uids).to.eql([F, D, D]);
  });

  it('takes an answer that the service is unknown for a sign that the question could be read', async () => {
    const seen = ask();
    await turns();
    await comes(encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid: uuidOf(sent[0]), rpcId: ID }));
    await turns();
    expect(seen).to.eql({ answers: [], ended: [true] });
    ask();
    await turns();
    expect(uids).to.eql([F, F]);
  });

  it('does not fail for an answer that it cannot read', async () => {
    const seen = ask();
    await turns();
    await comes(reply({ kind: 'string', value: 'hello' }));
    await turns();
    expect(seen).to.eql({ answers: [], ended: [true] });
    expect(log.lines('debug')).to.have.length(1);
  });

  it('answers a question, or says that it has no such service', async () => {
    const message = staticMemberMessageObject(messageOf(StaticMemberMessageType.START), NEWEST_DIALECT);
    const question = encodeRpcMessage({ kind: 'request', uuid: Buffer.alloc(16, 7), rpcId: ID, message });
    await comes(question);
    expect(sent.map((payload) => decodeRpcMessage(payload).kind)).to.eql(['reply']);
    expect(observed).to.deep.include({ seen: 'memberImpl', uid: F });
    answer = undefined;
    await comes(question);
    expect([sent.length, declined]).to.eql([1, 1]);
  });

  it('hears farewells of its own membership, and leaves everything else to others', async () => {
    const stop = messageOf(StaticMemberMessageType.STOP);
    expect(await comes(encodeStaticMemberMessage(stop, NEWEST_DIALECT))).to.equal(true);
    const other = messageOf(StaticMemberMessageType.STOP, Buffer.from('Other-Channel-StaticMembership'));
    expect(await comes(encodeStaticMemberMessage(other, NEWEST_DIALECT))).to.equal(false);
    expect(await comes(Buffer.from('aced0005740000', 'hex'))).to.equal(false);
    expect(told).to.eql([StaticMemberMessageType.STOP]);
  });

  it('says farewell, and is not troubled where that fails', async () => {
    await subject.tell([them], messageOf(StaticMemberMessageType.STOP));
    expect(sent).to.have.length(1);
    await subject.tell([], messageOf(StaticMemberMessageType.STOP));
  });

  it('warns of a membership of another name, once', () => {
    const head = {
      kind: 'request',
      uuid: Buffer.alloc(16),
      rpcId: Buffer.from('Shop-Channel-StaticMembership'),
    };
    const message = { ...common, payload: Buffer.alloc(0), sender: them };
    for (let n = 0; n < 3; n++) {
      discovery?.({ ...head, kind: 'request' }, message);
    }
    discovery?.({ ...head, kind: 'request', rpcId: Buffer.from('map') }, message);
    expect(log.lines('warn').map(({ fields }) => fields)).to.eql([
      { member: them.name, channelName: 'Shop-Channel', ours: 'Catalina-Channel' },
    ]);
  });
});
