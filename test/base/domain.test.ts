import { expect } from 'chai';
import { parseDomain } from '../../src/base/index.js';
import { thrownBy } from '../support/errors.js';

describe('parseDomain', () => {
  it('takes text as ISO-8859-1, with ? for what that cannot write', () => {
    expect([...parseDomain('staging')]).to.eql([...Buffer.from('staging')]);
    expect([...parseDomain('aé€😀')]).to.eql([0x61, 0xe9, 0x3f, 0x3f]);
    expect(parseDomain('').length).to.equal(0);
  });

  it('takes a list in braces as signed bytes', () => {
    expect([...parseDomain('{1,2,-4}')]).to.eql([1, 2, 0xfc]);
    expect([...parseDomain('{ 127, -128 }')]).to.eql([0x7f, 0x80]);
    expect(parseDomain('{}').length).to.equal(0);
  });

  for (const text of ['{200}', '{1,a}', '{0x10}', '{1', '{1}2', '{']) {
    it(`refuses ${text}`, () => {
      thrownBy('TRIBES_E_MEMBERSHIP_DOMAIN', () => parseDomain(text));
    });
  }
});
