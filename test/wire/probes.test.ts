import { expect } from 'chai';
import {
  decodeChannelData,
  decodeFrames,
  MEMBER_START,
  MEMBER_STOP,
  probeOf,
  TCP_FAIL_DETECT,
  TCP_PING_DATA,
} from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';

const CONSTANTS = new Map([
  ['tcp-fail-detect-data', TCP_FAIL_DETECT],
  ['tcp-ping-data', TCP_PING_DATA],
  ['static-member-start', MEMBER_START],
  ['static-member-stop', MEMBER_STOP],
]);

const FRAMES = new Map([
  ['tcp-fail-detect-frame', 'TCP_FAIL_DETECT'],
  ['tcp-fail-detect-frame-readtest', 'TCP_FAIL_DETECT'],
  ['tcp-ping-frame', 'TCP_PING_DATA'],
  ['static-member-start-frame', 'MEMBER_START'],
]);

describe('probes', () => {
  for (const [file, vectors] of vectorFiles('03-interceptors')) {
    const bytesOf = (name: string): Buffer =>
      vectors.find((vector) => vector.name === name)?.bytes ?? Buffer.alloc(0);

    it(`are the constants of the real classes, ${file}`, () => {
      for (const [name, constant] of CONSTANTS) {
        expect(bytesOf(name).equals(constant), name).to.equal(true);
      }
    });

    it(`are recognised in real messages, ${file}`, () => {
      for (const [name, probe] of FRAMES) {
        const messages = decodeFrames(bytesOf(name)).map((data) => decodeChannelData(data).message);
        expect(messages.map(probeOf), name).to.deep.equal([probe]);
      }
    });
  }

  it('are recognised as whole messages only', () => {
    expect(probeOf(Buffer.alloc(0))).to.equal(null);
    expect(probeOf(TCP_FAIL_DETECT.subarray(1))).to.equal(null);
    expect(probeOf(Buffer.concat([MEMBER_STOP, Buffer.from([0])]))).to.equal(null);
  });
});
