import { expect } from 'chai';
import { observeCall } from '../../src/channel/call-dialect.js';
import type { JavaValue } from '../../src/java/index.js';
import {
  DIALECTS,
  encodeRpcMessage,
  mapMessageObject,
  MapMessageType,
  StaticMemberMessageType,
  staticMemberMessageObject,
  type DialectObservation,
  type JavaMember,
} from '../../src/wire/index.js';
import { memberPackage } from './members.js';

const ids = { uuid: Buffer.alloc(16, 1), rpcId: Buffer.from('service') };
const primary: JavaMember = { javaClass: 'MemberImpl', member: memberPackage(4001) };
const EMPTY_MAP_MESSAGE = { mapId: ids.rpcId, diff: false, keydata: null, valuedata: null, diffvalue: null };

function call(message: JavaValue): Buffer {
  return encodeRpcMessage({ kind: 'request', ...ids, message });
}

function observed(payload: Buffer): DialectObservation[] {
  const observations: DialectObservation[] = [];
  observeCall(payload, (observation) => observations.push(observation));
  return observations;
}

describe('observeCall', () => {
  const dialect = DIALECTS['tomcat-10.1.0'];
  const memberImpl: DialectObservation = { seen: 'memberImpl', uid: dialect.memberImplUid };
  const init = mapMessageObject(
    { ...EMPTY_MAP_MESSAGE, msgtype: MapMessageType.INIT, nodes: null, primary },
    dialect,
  );

  it('sees the members in a call of a replicated map', () => {
    expect(observed(call(init))).to.eql([memberImpl]);
  });

  it('sees the member in a call of static membership', () => {
    const start = { msgtype: StaticMemberMessageType.START, member: primary, membershipId: ids.rpcId };
    expect(observed(call(staticMemberMessageObject(start, dialect)))).to.eql([memberImpl]);
  });

  it('learns nothing from calls that carry something else, or nothing', () => {
    expect(observed(call({ kind: 'string', value: 'question' }))).to.eql([]);
    expect(observed(call(primaryAlone()))).to.eql([]);
    expect(observed(call(null))).to.eql([]);
    expect(observed(encodeRpcMessage({ kind: 'no-rpc-channel-reply', ...ids }))).to.eql([]);
  });

  it('learns nothing from what it cannot decode', () => {
    expect(observed(call(init).subarray(0, -1))).to.eql([]);
  });

  it('spends no time on large calls', () => {
    const large = { ...EMPTY_MAP_MESSAGE, msgtype: MapMessageType.COPY, valuedata: Buffer.alloc(65_536) };
    expect(observed(call(mapMessageObject({ ...large, nodes: null, primary }, dialect)))).to.eql([]);
  });

  /** An object that is neither of the two messages. */
  function primaryAlone(): JavaValue {
    const { parts } = init;
    return parts[0]?.values?.find((value) => isObject(value)) ?? null;
  }
});

function isObject(value: unknown): value is JavaValue {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}
