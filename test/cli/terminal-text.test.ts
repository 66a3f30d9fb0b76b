import { expect } from 'chai';
import fc from 'fast-check';
import { printable, printableJson, table } from '../../src/cli/terminal-text.js';

describe('what is written to a terminal', () => {
  it('cannot steer it', () => {
    expect(printable('a\u001b[2Jb\u009b1mc\r\nd\u202ee')).to.equal(
      'a\\u001b[2Jb\\u009b1mc\\u000d\\u000ad\\u202ee',
    );
  });

  it('is unchanged otherwise', () => {
    expect(printable('größe 😀 \\u001b')).to.equal('größe 😀 \\u001b');
  });

  it('is the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = printableJson(value, indent);
        expect(JSON.parse(text)).to.deep.equal(JSON.parse(JSON.stringify(value)));
        expect(text.replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
      }),
    );
    expect(printableJson({ '\u009b': '\u202e' })).to.equal('{"\\u009b":"\\u202e"}');
  });

  it('is in columns', () => {
    expect(
      table([
        ['ID', 'N'],
        ['long one', ''],
        ['b\n', '2'],
      ]),
    ).to.equal('ID        N\nlong one\nb\\u000a   2\n');
  });
});
