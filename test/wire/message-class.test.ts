import { expect } from 'chai';
import { ClassName, messageClassName } from '../../src/wire/index.js';
import { vectorFiles, type Vector } from '../support/vectors.js';

const EXPECTED = new Map<string, string | null>([
  ['rpc-request-string', ClassName.RPC_MESSAGE],
  ['rpc-no-rpc-channel-reply', ClassName.NO_RPC_CHANNEL_REPLY],
  ['map-BACKUP', ClassName.MAP_MESSAGE],
  ['EVT_SESSION_DELTA', ClassName.SESSION_MESSAGE],
  ['delta-session-object', ClassName.DELTA_SESSION],
  ['member-message-MSG_START', ClassName.STATIC_MEMBER_MESSAGE],
  ['java-static-member', ClassName.STATIC_MEMBER],
  ['java-member-array', `[L${ClassName.MEMBER};`],
  ['file-message', ClassName.FILE_MESSAGE],
  ['undeploy-message', ClassName.UNDEPLOY_MESSAGE],
  ['session-id-payload', null],
  ['member-ipv4-minimal', null],
]);

describe('message class', () => {
  const vectors = ['01-', '04-', '05-'].flatMap((prefix) => [...vectorFiles(prefix).values()].flat());
  for (const [name, className] of EXPECTED) {
    it(`of ${name} is ${String(className)}`, () => {
      const named: Vector[] = vectors.filter((vector) => vector.name === name);
      expect(named).to.not.be.empty;
      for (const { bytes } of named) {
        expect(messageClassName(bytes)).to.equal(className);
      }
    });
  }

  it('of a string and of an enum constant is theirs', () => {
    expect(messageClassName(Buffer.from('aced000574000568656c6c6f', 'hex'))).to.equal('java.lang.String');
    expect(messageClassName(Buffer.from('aced00057c', 'hex'))).to.equal('java.lang.String');
    expect(
      messageClassName(Buffer.from('aced00057e720001450000000000000000120000787074000141', 'hex')),
    ).to.equal('E');
  });

  it('is read to its last letter, whichever name it resembles', () => {
    const message = vectors.find(({ name }) => name === 'EVT_SESSION_DELTA')?.bytes ?? Buffer.alloc(0);
    const other = Buffer.from(message);
    other.write('X', 8 + ClassName.SESSION_MESSAGE.length - 1);
    expect(messageClassName(other)).to.equal(`${ClassName.SESSION_MESSAGE.slice(0, -1)}X`);
  });

  it('is null for whatever is cut off within the name, and for anything else', () => {
    for (const [vector, className] of [
      ['map-BACKUP', ClassName.MAP_MESSAGE],
      ['EVT_SESSION_DELTA', ClassName.SESSION_MESSAGE],
    ] as const) {
      const message = vectors.find(({ name }) => name === vector)?.bytes ?? Buffer.alloc(0);
      const nameEnd = 8 + className.length;
      for (let length = 0; length < nameEnd; length++) {
        expect(messageClassName(message.subarray(0, length))).to.equal(null);
      }
      expect(messageClassName(message.subarray(0, nameEnd))).to.equal(className);
    }
    for (const hex of ['aced000570', 'aced0005737d', 'aced0005710000', 'aced0006740000', 'cafebabe']) {
      expect(messageClassName(Buffer.from(hex, 'hex'))).to.equal(null);
    }
  });
});
