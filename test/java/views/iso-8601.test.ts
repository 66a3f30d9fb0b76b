import { expect } from 'chai';
import * as iso from '../../../src/java/views/iso-8601.js';

describe('ISO-8601 as java.time prints it', () => {
  for (const [seconds, nanos, text] of [
    [0n, 0, '1970-01-01T00:00:00Z'],
    [-1n, 500_000_000, '1969-12-31T23:59:59.500Z'],
    [951_782_400n, 1_000, '2000-02-29T00:00:00.000001Z'],
    [253_402_300_800n, 0, '+10000-01-01T00:00:00Z'],
    [-62_167_219_201n, 0, '-0001-12-31T23:59:59Z'],
    [31_556_889_864_403_199n, 999_999_999, '+1000000000-12-31T23:59:59.999999999Z'],
    [-31_557_014_167_219_200n, 0, '-1000000000-01-01T00:00:00Z'],
  ] as const) {
    it(`prints ${text}`, () => {
      expect(iso.instant(seconds, nanos)).to.equal(text);
    });
  }

  for (const [seconds, nanos, text] of [
    [0n, 0, 'PT0S'],
    [3600n, 0, 'PT1H'],
    [-1n, 999_000_000, 'PT-0.001S'],
    [-61n, 0, 'PT-1M-1S'],
    [-61n, 500_000_000, 'PT-1M-0.5S'],
    [90_061n, 1, 'PT25H1M1.000000001S'],
  ] as const) {
    it(`prints the duration ${text}`, () => {
      expect(iso.duration(seconds, nanos)).to.equal(text);
    });
  }

  it('prints offsets with seconds only where they have some', () => {
    expect([0, 3600, -16_200, 3661].map(iso.offset)).to.deep.equal(['Z', '+01:00', '-04:30', '+01:01:01']);
  });

  it('prints an instant of milliseconds before the epoch', () => {
    expect(iso.instantOfMillis(-1n)).to.equal('1969-12-31T23:59:59.999Z');
  });
});
