import { expect } from 'chai';
import { decodeRpcMessage, encodeRpcMessage, rpcHeadOf } from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';

describe('rpcHeadOf', () => {
  for (const [file, vectors] of vectorFiles('04-rpc')) {
    const ofRpc = vectors.filter(({ class: className }) => className.includes('RpcMessage'));
    for (const { name, bytes } of ofRpc) {
      it(`says of ${name} in ${file} what the whole message says`, () => {
        const { kind, uuid, rpcId } = decodeRpcMessage(bytes);
        expect(rpcHeadOf(bytes)).to.eql({ kind, uuid, rpcId });
      });
    }

    it(`sees an RpcMessage in nothing else of ${file}`, () => {
      const others = vectors.filter((vector) => !ofRpc.includes(vector));
      expect(others).not.to.eql([]);
      expect(others.filter(({ bytes }) => rpcHeadOf(bytes) !== null)).to.eql([]);
    });
  }

  it('reads an id that runs over several records of block data', () => {
    const uuid = Buffer.alloc(16, 7);
    for (const length of [0, 200, 255, 1000, 3000]) {
      const rpcId = Buffer.alloc(length, 0x77);
      const request = encodeRpcMessage({ kind: 'request', uuid, rpcId, message: null });
      expect(rpcHeadOf(request)).to.eql({ kind: 'request', uuid, rpcId });
      const declined = encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid, rpcId });
      expect(rpcHeadOf(declined)).to.eql({ kind: 'no-rpc-channel-reply', uuid, rpcId });
    }
  });

  it('does not care what the call carries', () => {
    const uuid = Buffer.alloc(16, 7);
    const rpcId = Buffer.from('service');
    const whole = encodeRpcMessage({ kind: 'reply', uuid, rpcId, message: null });
    expect(rpcHeadOf(whole.subarray(0, -2))).to.eql({ kind: 'reply', uuid, rpcId });
  });

  it('refuses ids that are longer than what is there', () => {
    const uuid = Buffer.alloc(16, 7);
    const whole = encodeRpcMessage({ kind: 'no-rpc-channel-reply', uuid, rpcId: Buffer.alloc(8) });
    const lengthAt = whole.length - 1 - 8 - 4;
    const negative = Buffer.from(whole);
    negative.writeInt32BE(-1, lengthAt);
    thrownBy('TRIBES_E_WIRE_LENGTH', () => rpcHeadOf(negative));
    const long = Buffer.from(whole);
    long.writeInt32BE(9, lengthAt);
    thrownBy('TRIBES_E_WIRE_TRUNCATED', () => rpcHeadOf(long));
    thrownBy('TRIBES_E_WIRE_TRUNCATED', () => rpcHeadOf(whole.subarray(0, lengthAt)));
  });
});
