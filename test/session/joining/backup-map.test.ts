import { expect } from 'chai';
import { randomUniqueId } from '../../../src/base/index.js';
import { isBackupMapCall } from '../../../src/session/joining/backup-map.js';
import {
  DIALECTS,
  encodeRpcMessage,
  encodeSessionMessage,
  sessionMessages,
} from '../../../src/wire/index.js';
import { vectorFiles } from '../../support/vectors.js';
import { fakeMember } from '../support/fake-channel.js';

const isCall = (payload: Buffer, isByteMessage = false): boolean =>
  isBackupMapCall({
    payload,
    isByteMessage,
    sender: fakeMember(4001),
    options: 2,
    timestamp: 0,
    uniqueId: randomUniqueId(),
  });

const call = (rpcId: string): Buffer =>
  encodeRpcMessage({
    kind: 'request',
    uuid: Buffer.alloc(16),
    rpcId: Buffer.from(rpcId, 'latin1'),
    message: null,
  });

describe('a call of the map of a BackupManager', () => {
  it('is told by what a Tomcat sends', () => {
    const vectors = [...vectorFiles('04-rpc-and-maps').values()].flat();
    const calls = vectors.filter(({ name }) => /^rpc-(?:request|reply)-|^rpc-map-|^map-PING$/.test(name));
    const found = calls.filter(({ bytes }) => isCall(bytes)).map(({ name }) => name);
    expect([...new Set(found)]).to.deep.equal([
      'rpc-request-string',
      'rpc-request-null',
      'rpc-map-INIT',
      'rpc-map-START',
    ]);
  });

  it('is none of the map of something else', () => {
    expect(isCall(call('localhost#/app-map'))).to.equal(true);
    for (const name of ['Catalina-SSO-cache', '/app', '', 'map']) {
      expect(isCall(call(name)), name).to.equal(false);
    }
  });

  it('is none of RPC', () => {
    const message = sessionMessages.getAllSessions(null, 0);
    expect(isCall(encodeSessionMessage(message, DIALECTS['tomcat-9.0.66']))).to.equal(false);
    expect(isCall(call('localhost#/app-map'), true)).to.equal(false);
  });
});
