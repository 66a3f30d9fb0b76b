import { expect } from 'chai';
import { contextName, sessionId, uniqueId } from '../../src/base/index.js';
import {
  fromJs,
  graphInput,
  graphOutput,
  plainView,
  readStream,
  writeStream,
  type JavaValue,
} from '../../src/java/index.js';
import {
  decodeDeltaRequest,
  decodeDeltaSession,
  decodeMapMessage,
  decodeStaticMemberMessage,
  DIALECTS,
  encodeChannelData,
  encodeDeltaRequest,
  encodeDeltaSession,
  encodeFrame,
  encodeMapEntries,
  encodeMapKey,
  encodeMapMessage,
  encodeMapState,
  encodeMemberPackage,
  encodeRpcMessage,
  encodeSessionMessage,
  encodeStaticMemberMessage,
  formatSendOptions,
  MapMessageType,
  parseSendOptions,
  principalObject,
  principalOf,
  sessionMessages,
  singleSignOnListenerObject,
  singleSignOnListenerOf,
  StaticMemberMessageType,
  writeSessionList,
  type DeltaAction,
  type DeltaRequest,
  type Dialect,
  type JavaMember,
  type MapMessage,
  type MemberPackage,
  type PrincipalForm,
  type SerialPrincipal,
  type SessionBody,
} from '../../src/wire/index.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../support/jvm.js';
import { hex } from './wire-vectors.js';

type KnownDialect = Dialect & { readonly principalForm: PrincipalForm };

/** What we made, and how its answer is judged: the bytes that the real classes write of it, or a text about it. */
interface Case {
  readonly name: string;
  readonly layout: 'member' | 'channel-data' | 'object' | 'delta' | 'sessions' | 'options' | 'parse-options';
  readonly bytes: Buffer;
  readonly judge: (answer: Buffer) => void;
}

const context = contextName('localhost#/app');
const id = sessionId('0123456789ABCDEF0123456789ABCDEF.node1');
const now = 1_700_000_000_000;

const member: MemberPackage = {
  aliveTime: 4711n,
  port: 4000,
  securePort: -1,
  udpPort: 4500,
  host: Buffer.from([127, 0, 0, 1]),
  command: Buffer.alloc(0),
  domain: Buffer.from('staging'),
  uniqueId: uniqueId(Buffer.alloc(16, 7)),
  payload: Buffer.from('payload'),
};
const peer: JavaMember = { javaClass: 'MemberImpl', member };
const staticPeer: JavaMember = { javaClass: 'StaticMember', member: { ...member, port: 4001 } };

const principal: SerialPrincipal = {
  form: 'attributes',
  name: 'alice',
  password: 'secret',
  roles: ['admin', 'user'],
  userPrincipal: null,
  attributes: null,
};

function same(name: string, layout: Case['layout'], bytes: Buffer, expected = bytes): Case {
  return { name, layout, bytes, judge: (answer) => expect(hex(answer)).to.equal(hex(expected)) };
}

function judged(name: string, layout: Case['layout'], bytes: Buffer, judge: Case['judge']): Case {
  return { name, layout, bytes, judge };
}

/** For comparing: Tomcat puts the time of writing into every member that it writes. */
function withoutAliveTimes(value: unknown): string {
  return JSON.stringify(value, (key, it: unknown) => (key === 'aliveTime' ? 0 : it));
}

function mapMessage(fields: Partial<MapMessage>, dialect: KnownDialect): Case {
  const message: MapMessage = {
    mapId: Buffer.from('localhost#/app-map'),
    msgtype: MapMessageType.BACKUP,
    diff: false,
    keydata: null,
    valuedata: null,
    diffvalue: null,
    nodes: null,
    primary: null,
    ...fields,
  };
  return judged(
    `map message of type ${message.msgtype}`,
    'object',
    encodeMapMessage(message, dialect),
    (answer) => {
      expect(withoutAliveTimes(decodeMapMessage(answer))).to.equal(withoutAliveTimes(message));
    },
  );
}

function stream(write: (output: ReturnType<typeof graphOutput>) => void): Buffer {
  const output = graphOutput();
  write(output);
  return writeStream({ contents: output.contents() });
}

/** An action with its objects as plain values, so that two of different streams can be compared. */
function plainAction(action: DeltaAction<JavaValue>): unknown {
  const { type, name, value } = action;
  switch (type) {
    case 'principal':
      return { ...action, value: value && { ...principalOf(value), form: null } };
    case 'listener':
      return { ...action, value: value && singleSignOnListenerOf(value) };
    case 'attribute':
    case 'note':
      return { type, action: action.action, name, value: value === undefined ? undefined : plainView(value) };
    default:
      return action;
  }
}

function delta(name: string, dialect: KnownDialect, ...actions: DeltaAction<JavaValue>[]): Case {
  const request: DeltaRequest<JavaValue> = { sessionId: id, recordAllActions: true, actions };
  const bytes = stream((output) => {
    encodeDeltaRequest(request, output);
  });
  return judged(`delta request, ${name}`, 'delta', bytes, (answer) => {
    const written = decodeDeltaRequest(graphInput(readStream(answer).contents));
    expect({ ...written, actions: written.actions.map(plainAction) }).to.deep.equal({
      ...request,
      actions: actions.map((action) =>
        // Tomcat writes what its own line can carry.
        plainAction(
          action.type === 'principal' && action.value
            ? { ...action, value: principalObject(principalOf(action.value), dialect.principalForm) }
            : action,
        ),
      ),
    });
  });
}

function body(fields: Partial<SessionBody<JavaValue>>): SessionBody<JavaValue> {
  return {
    creationTime: BigInt(now),
    lastAccessedTime: BigInt(now),
    thisAccessedTime: BigInt(now),
    maxInactiveInterval: 1800,
    isNew: false,
    isValid: true,
    version: 0n,
    principal: null,
    id,
    notes: null,
    attributes: [],
    aborted: [],
    listeners: [],
    ...fields,
  };
}

/** What WireCheck says of the sessions that a DeltaManager has after it was given the list. */
function sessions(
  name: string,
  dialect: KnownDialect,
  list: SessionBody<JavaValue>[],
  expected: string[],
): Case {
  const bytes = stream((output) => {
    writeSessionList(list, output, dialect);
  });
  return judged(`session list, ${name}`, 'sessions', bytes, (answer) => {
    const lines = answer
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.sort()).to.deep.equal([...expected].sort());
  });
}

function sessionCases(dialect: KnownDialect): Case[] {
  const attributes = [
    { name: 'count', value: fromJs(7) },
    { name: 'user', value: fromJs('alice') },
  ];
  const alice = { kind: 'object', value: principalObject(principal, dialect.principalForm) } as const;
  const listeners = [singleSignOnListenerObject({ ssoId: 'SSO-ID-1' })];
  const full = body({ attributes, principal: alice, listeners });
  const note = { sessionId: fromJs('NOTE'), request: null };
  const shown = (principalText: string, attributeText: string, noteText = 'null'): string =>
    [id, now, 1800, principalText, attributeText, noteText].join('|');
  const withSlots: KnownDialect = { ...dialect, noteSlots: 'yes' };
  return [
    sessions('none', dialect, [], []),
    sessions('one', dialect, [full], [shown('alice[admin, user]', '{count=7, user=alice}')]),
    sessions(
      'two',
      dialect,
      [full, body({ id: 'B', maxInactiveInterval: -1 })],
      [shown('alice[admin, user]', '{count=7, user=alice}'), `B|${now}|-1|null|{}|null`],
    ),
    sessions('with note slots', withSlots, [body({ notes: note })], [shown('null', '{}', 'NOTE')]),
    sessions('with empty note slots', withSlots, [body({})], [shown('null', '{}')]),
    sessions(
      'without note slots',
      { ...dialect, noteSlots: 'no' },
      [body({ notes: note })],
      [shown('null', '{}')],
    ),
    judged('session object', 'object', encodeDeltaSession(full, withSlots), (answer) => {
      const read = decodeDeltaSession(answer);
      expect(read.attributes.map(({ name, value }) => [name, plainView(value)])).to.deep.equal([
        ['count', 7],
        ['user', 'alice'],
      ]);
      expect(read.listeners.map((listener) => singleSignOnListenerOf(listener).ssoId)).to.deep.equal([
        'SSO-ID-1',
      ]);
      expect(read.principal?.kind === 'object' && principalOf(read.principal.value).name).to.equal('alice');
      const { creationTime, lastAccessedTime, thisAccessedTime, maxInactiveInterval, isNew } = full;
      expect(read).to.deep.include({
        creationTime,
        lastAccessedTime,
        thisAccessedTime,
        maxInactiveInterval,
        isNew,
      });
    }),
  ];
}

function deltaCases(dialect: KnownDialect): Case[] {
  const action = 'set';
  const alice = principalObject(principal, dialect.principalForm);
  const listener = singleSignOnListenerObject({ ssoId: 'SSO-ID-1' });
  return [
    delta('empty', dialect),
    delta(
      'attributes',
      dialect,
      { type: 'attribute', action, name: 'list', value: fromJs([1, 'two', [true, null]]) },
      { type: 'attribute', action, name: 'emoji \ud83d\ude00 \0', value: fromJs('x'.repeat(70_000)) },
      { type: 'attribute', action: 'remove', name: 'gone', value: undefined },
    ),
    delta(
      'scalars',
      dialect,
      { type: 'isNew', action, name: '__SET__ISNEW__', value: true },
      { type: 'maxInactiveInterval', action, name: '__SET__MAXINTERVAL__', value: -1 },
      { type: 'authType', action, name: '__SET__AUTHTYPE__', value: 'FORM' },
      { type: 'authType', action: 'remove', name: '__SET__AUTHTYPE__', value: undefined },
    ),
    delta(
      'principal',
      dialect,
      { type: 'principal', action, name: '__SET__PRINCIPAL__', value: alice },
      { type: 'principal', action: 'remove', name: '__SET__PRINCIPAL__', value: undefined },
    ),
    delta(
      'listener',
      dialect,
      { type: 'listener', action, name: '__SET__LISTENER__', value: listener },
      { type: 'listener', action: 'remove', name: '__SET__LISTENER__', value: listener },
    ),
    delta('note', dialect, { type: 'note', action, name: 'note', value: fromJs('text') }),
  ];
}

function mapCases(dialect: KnownDialect): Case[] {
  const keydata = encodeMapKey(id);
  const everyType = Object.values(MapMessageType).map((msgtype) =>
    mapMessage({ msgtype, keydata, primary: peer, nodes: [staticPeer, null, peer] }, dialect),
  );
  const state = { msgtype: MapMessageType.STATE_COPY };
  const entry: MapMessage = {
    mapId: Buffer.from('m'),
    msgtype: MapMessageType.COPY,
    diff: false,
    keydata,
    valuedata: encodeMapKey('value'),
    diffvalue: null,
    nodes: [],
    primary: null,
  };
  return [
    ...everyType,
    mapMessage({ keydata, diff: true, diffvalue: Buffer.from([1, 2, 3]) }, dialect),
    mapMessage({ ...state, valuedata: encodeMapEntries([entry, entry], dialect) }, dialect),
    same(
      'map entries',
      'object',
      encodeMapEntries([entry, { ...entry, keydata: encodeMapKey('other') }], dialect),
    ),
    same('map state', 'object', encodeMapState('INITIALIZED')),
  ];
}

function messageCases(dialect: KnownDialect): Case[] {
  const data = Buffer.from('session bytes');
  const messages = [
    sessionMessages.created(context, id, now, now + 1),
    sessionMessages.expired(context, id, now),
    sessionMessages.accessed(context, id, now),
    sessionMessages.getAllSessions(context, now),
    sessionMessages.getAllSessions(null, now),
    sessionMessages.allSessionData(context, data, now),
    sessionMessages.delta(context, id, data, now),
    sessionMessages.transferComplete(context, now),
    sessionMessages.changeSessionId(context, id, sessionId('NEW'), now),
    sessionMessages.noContextManager(context),
  ];
  const uuid = Buffer.alloc(16, 3);
  const rpcId = Buffer.from('localhost#/app-map');
  const start = { msgtype: StaticMemberMessageType.START, member: staticPeer, membershipId: rpcId };
  return [
    ...messages.map((message) =>
      same(`session message of type ${message.eventType}`, 'object', encodeSessionMessage(message, dialect)),
    ),
    same('RPC reply', 'object', encodeRpcMessage({ kind: 'reply', uuid, rpcId, message: fromJs('pong') })),
    same('RPC request of null', 'object', encodeRpcMessage({ kind: 'request', uuid, rpcId, message: null })),
    same('NoRpcChannelReply', 'object', encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid, rpcId })),
    judged('static member message', 'object', encodeStaticMemberMessage(start, dialect), (answer) => {
      expect(withoutAliveTimes(decodeStaticMemberMessage(answer))).to.equal(withoutAliveTimes(start));
    }),
  ];
}

function transportCases(): Case[] {
  const header = { options: 6, timestamp: BigInt(now), uniqueId: member.uniqueId, member };
  const bytes = encodeChannelData({ ...header, message: Buffer.from('message') });
  const ipv6 = { ...member, host: Buffer.alloc(16, 0xfe), command: Buffer.from('BABY-ALEX') };
  return [
    same('member package', 'member', encodeMemberPackage(member)),
    same('member package, IPv6', 'member', encodeMemberPackage(ipv6)),
    same('channel data', 'channel-data', bytes, encodeFrame(bytes)),
    ...[0, 1, 2, 6, 8, 14, 0x55, 0x7f].map((options) =>
      same(
        `send options ${options}`,
        'options',
        Buffer.from([options]),
        Buffer.from(formatSendOptions(options)),
      ),
    ),
    ...['8', 'use_ack,sync', 'byte , async', 'multicast, udp, secure, synchronized_ack, asynchronous'].map(
      (text) =>
        same(
          `send options ${text}`,
          'parse-options',
          Buffer.from(text),
          Buffer.from([parseSendOptions(text)]),
        ),
    ),
  ];
}

const LINES = [
  { title: 'Tomcat 9', tomcat: '9', dialect: DIALECTS['tomcat-9.0.66'] },
  { title: 'Tomcat 10.1', tomcat: '10.1', dialect: DIALECTS['tomcat-10.1.40'] },
] as const;

for (const { title, tomcat, dialect } of LINES) {
  describeWithJvm(`what we write, as the classes of ${title} read it`, { tomcat }, (classPath) => {
    const cases = [
      ...transportCases(),
      ...messageCases(dialect),
      ...mapCases(dialect),
      ...deltaCases(dialect),
      ...sessionCases(dialect),
    ];
    let answers: string[] = [];

    before(async function () {
      this.timeout(120_000);
      const classes = await compileJava([sourceFile('test/wire/jvm/WireCheck.java')], classPath);
      const lines = cases.map(({ layout, bytes }) => `${layout} ${bytes.toString('hex')}\n`).join('');
      const command = { mainClass: 'WireCheck', classPath: [classes, classPath] };
      answers = (await runJava(command, Buffer.from(lines))).toString('ascii').trimEnd().split('\n');
    });

    cases.forEach(({ name, judge }, index) => {
      it(name, () => {
        const answer = answers[index] ?? '';
        expect(answer, 'an exception in the JVM').to.not.match(/^!/);
        judge(Buffer.from(answer, 'hex'));
      });
    });
  });
}
