import { expect } from 'chai';
import { isClassName } from '../../../src/java/typed/class-name.js';

describe('isClassName', () => {
  for (const name of [
    'java.lang.Long',
    'Cart',
    'a.B$1',
    '$_',
    'größe.Maß',
    '[I',
    '[[Z',
    '[Ljava.lang.String;',
  ]) {
    it(`knows ${name}`, () => expect(isClassName(name)).to.be.true);
  }

  for (const text of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    '1a',
    'a-b',
    'a/b',
    'a;',
    '[',
    '[V',
    '[La',
    '[L;',
    'int[]',
    'List<A>',
    'a\n',
  ]) {
    it(`knows that ${JSON.stringify(text)} is none`, () => expect(isClassName(text)).to.be.false);
  }

  it('judges a long text in one pass', () => {
    expect(isClassName(`${'a.'.repeat(500_000)}-`)).to.be.false;
  });
});
