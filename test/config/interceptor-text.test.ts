import { expect } from 'chai';
import fc from 'fast-check';
import { formatInterceptors, parseInterceptors } from '../../src/config/interceptor-text.js';

describe('interceptors as a text', () => {
  it('are names, with attributes in parentheses', () => {
    expect(parseInterceptors(' A , b.C ( x = 1 , y = {1,-2} , z = "a, (\\"b\\\\)" ) ,D()')).to.eql([
      { className: 'A' },
      {
        className: 'b.C',
        attributes: new Map([
          ['x', '1'],
          ['y', '{1,-2}'],
          ['z', 'a, ("b\\)'],
        ]),
      },
      { className: 'D' },
    ]);
  });

  it('may be none', () => {
    expect(parseInterceptors(' ')).to.eql([]);
  });

  for (const text of [
    'A,',
    ',A',
    'A(',
    'A)',
    'A(x)',
    'A(x=1',
    'A(x=1,)',
    'A(x=1,x=2)',
    'A(x="1)',
    'A B',
    'A(x={1)',
  ]) {
    it(`are not ${text}`, () => {
      expect(parseInterceptors(text)).to.equal(undefined);
    });
  }

  it('come back as they were written', () => {
    const name = fc.stringMatching(/^[A-Za-z]\w{0,8}$/);
    const attributes = fc.uniqueArray(fc.tuple(name, fc.string()), {
      minLength: 1,
      maxLength: 4,
      selector: ([key]) => key,
    });
    const spec = fc.oneof(
      fc.record({ className: name }),
      fc.record({ className: name, attributes: attributes.map((entries) => new Map(entries)) }),
    );
    fc.assert(
      fc.property(fc.array(spec), (specs) => {
        expect(parseInterceptors(formatInterceptors(specs))).to.eql(specs);
      }),
    );
  });
});
