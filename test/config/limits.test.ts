import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  defaultChannelLimits,
  defaultJavaLimits,
  defaultMembershipLimits,
  defaultSessionLimits,
  defaultStoreLimits,
  defaultTransportLimits,
  defaultViewLimits,
  defaultWriteLimits,
} from '../../src/base/index.js';
import { isSettingName } from '../../src/config/index.js';

const page = readFileSync(new URL('../../../docs/limits.md', import.meta.url), 'utf8');

describe('docs/limits.md', () => {
  for (const [element, limits] of [
    ['java', defaultJavaLimits],
    ['java', defaultViewLimits],
    ['receiver', defaultTransportLimits],
    ['channel', defaultChannelLimits],
    ['membership', defaultMembershipLimits],
    ['session', defaultSessionLimits],
    ['store', defaultStoreLimits],
    ['write', defaultWriteLimits],
  ] as const) {
    for (const [key, value] of Object.entries(limits)) {
      it(`has ${element}.${key}, and its default`, () => {
        const row = new RegExp(`^\\| \`${element}\\.${key}\` \\| ([^|]+) \\|`, 'm').exec(page);
        expect(numberOf(row?.[1] ?? '')).to.equal(value);
      });
    }
  }

  it('names nothing but settings', () => {
    for (const [, name = ''] of page.matchAll(/^\| `([^`]+)`/gm)) {
      expect(isSettingName(name), name).to.be.true;
    }
  });
});

/** `10,000`, `2^24`, `256 MiB` */
function numberOf(text: string): number {
  const [, base = '', exponent, unit] = /^([\d,]+)(?:\^(\d+))?(?: (MiB|GiB))?$/.exec(text.trim()) ?? [];
  const number = Number(base.replaceAll(',', ''));
  const scale = unit === 'GiB' ? 2 ** 30 : unit === 'MiB' ? 2 ** 20 : 1;
  return (exponent === undefined ? number : number ** Number(exponent)) * scale;
}
