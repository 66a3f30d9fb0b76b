import { expect } from 'chai';
import { descOf, fromJs, plainView, writeStream } from '../../src/java/index.js';
import {
  ClassName,
  decodeRpcMessage,
  encodeRpcMessage,
  mapMessageOf,
  staticMemberMessageOf,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { expectMember, tomcatName, type MemberFields } from './member-fields.js';
import { hex, wireVectors } from './wire-vectors.js';

const vectors = wireVectors(['01-', '04-', '08-'], /RpcMessage(\$NoRpcChannelReply)?$/);

describe('RPC message', () => {
  for (const { name, file, bytes, fields } of vectors) {
    it(`decodes and re-encodes ${name} of ${file}`, () => {
      const message = decodeRpcMessage(bytes);
      if ('uuid' in fields) {
        expect(hex(message.uuid)).to.equal(fields['uuid']);
        expect(message.kind !== 'request').to.equal(fields['reply']);
      }
      if ('rpcId' in fields) {
        expect(hex(message.rpcId)).to.equal(fields['rpcId']);
      }
      expect(message.kind === 'no-rpc-channel-reply').to.equal(name === 'rpc-no-rpc-channel-reply');
      expect(hex(encodeRpcMessage(message))).to.equal(hex(bytes));
    });
  }

  it('carries a string or null', () => {
    for (const { bytes, fields } of vectors.filter(({ name }) => /^rpc-(request|reply)/.test(name))) {
      const message = decodeRpcMessage(bytes);
      expect('message' in message && plainView(message.message)).to.equal(fields['message']);
    }
  });

  it('carries a map message', () => {
    for (const { bytes, fields } of vectors.filter(({ name }) => name.startsWith('rpc-map'))) {
      const message = decodeRpcMessage(bytes);
      const map = mapMessageOf('message' in message ? message.message : null);
      const expected = fields['message'] as { msgtype: number; primary?: string };
      expect(map.msgtype).to.equal(expected.msgtype);
      if (expected.primary !== undefined && map.primary !== null) {
        expect(tomcatName(map.primary.member)).to.equal(expected.primary);
      }
    }
  });

  it('carries a message of static membership', () => {
    const withMember = vectors.filter(({ name }) => name.startsWith('rpc-member-message'));
    expect(withMember).to.not.be.empty;
    for (const { name, file, bytes, fields } of withMember) {
      const message = decodeRpcMessage(bytes);
      const member = staticMemberMessageOf('message' in message ? message.message : null);
      expect(member.msgtype).to.equal((fields['message'] as { msgtype: number }).msgtype);
      const plain = wireVectors(['01-'], /MemberMessage$/).find(
        (other) => other.file === file && `rpc-${other.name}` === name,
      );
      expectMember(member.member?.member ?? expect.fail(), plain?.fields['member'] as MemberFields);
    }
  });

  it('can be answered with a new message', () => {
    const [request] = vectors.filter(({ name }) => name === 'rpc-request-string');
    const [reply] = vectors.filter(({ name }) => name === 'rpc-reply-string');
    const { rpcId } = decodeRpcMessage(request?.bytes ?? Buffer.alloc(0));
    const { uuid } = decodeRpcMessage(reply?.bytes ?? Buffer.alloc(0));
    const answer = encodeRpcMessage({ kind: 'reply', uuid, rpcId, message: fromJs('pong') });
    expect(hex(answer)).to.equal(hex(reply?.bytes ?? null));
  });

  describe('refuses', () => {
    const bytes = vectors.find(({ name }) => name === 'rpc-request-null')?.bytes ?? Buffer.alloc(0);
    const uuidLengthAt = bytes.indexOf(Buffer.from('00000010', 'hex'));

    it('ids of a negative length, and such that are longer than what is there', () => {
      for (const length of [-1, 1000]) {
        const wrong = Buffer.from(bytes);
        wrong.writeInt32BE(length, uuidLengthAt);
        thrownBy(length < 0 ? 'TRIBES_E_WIRE_FIELD' : 'TRIBES_E_JAVA_UNEXPECTED', () =>
          decodeRpcMessage(wrong),
        );
      }
    });

    it('a class of that name that is not Externalizable', () => {
      const desc = descOf({ name: ClassName.RPC_MESSAGE, suid: 1n });
      const parts = [{ desc, values: [], annotation: null }];
      const other = writeStream({ contents: [{ kind: 'object', desc, parts }] });
      thrownBy('TRIBES_E_WIRE_CLASS', () => decodeRpcMessage(other));
    });

    it('any other class', () => {
      for (const { bytes: other } of wireVectors(['04-'], /MapMessage$/)) {
        thrownBy('TRIBES_E_WIRE_CLASS', () => decodeRpcMessage(other));
      }
    });
  });
});
