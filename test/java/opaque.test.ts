import { expect } from 'chai';
import { defaultJavaLimits } from '../../src/base/index.js';
import {
  graphInput,
  readObject,
  readStream,
  scanInput,
  scanStream,
  writeStream,
  type JavaObject,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';

/** The one object of a stream whose class has writeObject. */
function onlyObject(source: Buffer): JavaObject {
  const object = readObject(source);
  expect(writeStream({ contents: [object] }).equals(source)).to.be.true;
  return object as JavaObject;
}

function opacityOf(source: Buffer): string | undefined {
  const read = readStream(source);
  expect(writeStream(read).equals(source)).to.be.true;
  const last = scanStream(source).contents.at(-1);
  const { opaque } = read;
  if (opaque === undefined) {
    expect(last?.kind).to.not.equal('opaque');
    return undefined;
  }
  expect(last).to.deep.equal({
    kind: 'opaque',
    start: opaque.offset,
    end: source.length,
    reason: opaque.reason,
    className: opaque.className,
  });
  return `${opaque.reason} ${opaque.className} from ${opaque.offset}`;
}

describe('a class with writeObject', () => {
  describe('and primitive fields', () => {
    const desc = classDesc('Counter', 3, [['I count']]);

    it('is read with its fields', () => {
      const [part] = onlyObject(stream('73', desc, int(5), '7701ff', '78')).parts;
      expect(part?.values).to.deep.equal([5]);
      expect(part?.annotation).to.have.length(1);
    });

    it('is read without fields when only that makes sense', () => {
      const [part] = onlyObject(stream('73', desc, '770400000007', '78')).parts;
      expect(part?.values).to.equal(null);
      expect(part?.annotation).to.have.length(1);
    });

    it('is read with its fields when they begin like an annotation', () => {
      for (const count of [
        0x70707070, 0x71007e00, 0x74004000, 0x77027702, 0x78000000, 0x7b737373, 0x7a000000,
      ]) {
        const [part] = onlyObject(stream('73', desc, int(count), string('x'), '78')).parts;
        expect(part?.values, count.toString(16)).to.deep.equal([count]);
      }
    });

    it('is read with its fields in a list of others, whatever they begin with', () => {
      const list = classDesc('List', 3);
      const kind = classDesc('Item', 3, [['B kind'], ['L name', string('LName;')]]);
      const items = Array.from({ length: 2000 }, () => bytes('73', ref(2), '78', string('name'), '78'));
      const source = stream(
        '73',
        list,
        '7704',
        int(2001),
        '73',
        kind,
        '78',
        string('name'),
        '78',
        ...items,
        '78',
      );
      expect(opacityOf(source)).to.equal(undefined);
      const [part] = onlyObject(source).parts;
      const second = part?.annotation?.[2] as JavaObject;
      expect(second.parts[0]?.values?.[0]).to.equal(0x78);
    });

    it('is read without fields time and again', () => {
      const items = Array.from({ length: 3000 }, (_, i) => bytes('73', ref(2), '7704', int(i), '78'));
      const source = stream('73', classDesc('List', 3), '73', desc, '770400000000', '78', ...items, '78');
      expect(opacityOf(source)).to.equal(undefined);
      const [part] = onlyObject(source).parts;
      expect(part?.annotation).to.have.length(3001);
      expect((part?.annotation?.[3000] as JavaObject).parts[0]?.values).to.equal(null);
    });

    it('is read without fields in some classes of a hierarchy and with in others', () => {
      const sub = classDesc('Sub', 3, [['J stamp']], desc);
      const [top, low] = onlyObject(
        stream('73', sub, '7000', '0000', '78', '7708', '0000000000000009', '78'),
      ).parts;
      expect([top?.values, low?.values]).to.deep.equal([[0x70000000], null]);
    });

    it('is ambiguous when both readings fit and do not refer to the same handles', () => {
      const long = classDesc('Long', 3, [['J value']]);
      expect(opacityOf(stream('73', long, '71007e0000707070', '78'))).to.equal('ambiguous Long from 4');
    });

    it('is ambiguous when both readings fit to the end of the stream', () => {
      const long = classDesc('Long', 3, [['J value']]);
      // With its field: a long, the end; a string. Without: a block of ten bytes, two times null, the end.
      expect(opacityOf(stream('73', long, '770a000000000000', '78', '74 0003 707078'))).to.equal(
        'ambiguous Long from 4',
      );
    });

    it('is ambiguous when only the handles tell the readings apart', () => {
      expect(opacityOf(stream('73', desc, '74000161', '78'))).to.equal('ambiguous Counter from 4');
    });

    it('is not ambiguous when both readings take the same bytes for the same handles', () => {
      const [part] = onlyObject(stream('73', desc, '70707070', '78')).parts;
      expect(part?.values).to.deep.equal([0x70707070]);
    });

    it('is looked at where it stands in the annotation of another class, too', () => {
      // Looking ahead completes the class around it, and has to undo that.
      const annotated = bytes(
        '72 0001 41 0000000000000001 02 0000',
        '73',
        desc,
        '70007070',
        '78',
        '78',
        '70',
      );
      const inner = onlyObject(stream('73', annotated)).desc.annotation[0] as JavaObject;
      expect(inner.parts[0]?.values).to.deep.equal([0x70007070]);
      const skipping = bytes(
        '72 0001 41 0000000000000001 02 0000',
        '73',
        desc,
        '770400000007',
        '78',
        '78',
        '70',
      );
      const other = onlyObject(stream('73', skipping)).desc.annotation[0] as JavaObject;
      expect(other.parts[0]?.values).to.equal(null);
    });

    it('is ambiguous when both readings fit up to what is opaque for another reason', () => {
      const long = classDesc('Long', 3, [['J value']]);
      const old = bytes('73', classDesc('Old', 4), '0102');
      expect(opacityOf(stream('73', long, '71007e0000707070', old))).to.equal('ambiguous Long from 4');
    });

    describe('whose readings fit for long', () => {
      // With its field: an int, many times null, and then nothing that makes sense. Without: a block of 255 bytes.
      const source = stream('73', desc, '77ff', '70'.repeat(254), '00', '70'.repeat(100), '78');

      it('is read as far as it takes to tell', () => {
        expect(onlyObject(source).parts[0]?.values).to.equal(null);
      });

      it('is an error of the limit when that is further than allowed', () => {
        const limits = { ...defaultJavaLimits, maxBacktrackSteps: 0 };
        const { params } = thrownBy('TRIBES_E_JAVA_LIMIT', () => readStream(source, limits));
        expect(params).to.include({ limit: 'maxBacktrackSteps', max: 0 });
        thrownBy('TRIBES_E_JAVA_LIMIT', () => scanStream(source, limits));
      });
    });
  });

  describe('and fields that are all objects', () => {
    const desc = classDesc('Pair', 3, [
      ['L left', string('LObject;')],
      ['L right', ref(1)],
    ]);

    it('is read with its fields', () => {
      const [part] = onlyObject(stream('73', desc, string('l'), string('r'), string('more'), '78')).parts;
      expect(part?.values).to.have.length(2);
      expect(part?.annotation).to.have.length(1);
    });

    for (const [where, data] of [
      ['at once', bytes('78')],
      ['with a block at once', bytes('770101', string('l'), string('r'), '78')],
      ['behind the first', bytes(string('l'), '78')],
      ['with a block behind the first', bytes(string('l'), '770101', '78')],
    ] as const) {
      it(`is read without when its annotation shows itself ${where}`, () => {
        const [part] = onlyObject(stream('73', desc, data)).parts;
        expect(part?.values).to.equal(null);
      });
    }
  });
});

describe('an Externalizable of protocol version 1', () => {
  const source = stream(
    string('before'),
    '75',
    classDesc('[LObject;', 2),
    int(2),
    '70',
    '73',
    classDesc('Old', 4),
    '01020304',
  );

  it('makes the rest of the stream opaque, from the object of the top level on', () => {
    expect(opacityOf(source)).to.equal('externalizable-v1 Old from 13');
    expect(readStream(source).contents).to.have.length(1);
  });
});

describe('an object that broke off inside an Externalizable', () => {
  const list = classDesc('List', 3, [['I size']]);
  const external = classDesc('Session', 12);
  const cases = {
    'its end is taken for that of the Externalizable': bytes(
      '73',
      external,
      '73',
      list,
      int(2),
      '7704',
      int(2),
      string('a'),
      '78',
    ),
    'a block stands in place of an element': bytes(
      '73',
      external,
      '75',
      classDesc('[LObject;', 2),
      int(3),
      '70',
      '7701ff',
      '78',
    ),
    'the end stands in place of an element': bytes(
      '73',
      external,
      '75',
      classDesc('[LObject;', 2),
      int(3),
      '70',
      '78',
    ),
    'a handle is not there': bytes('73', external, ref(9), '78'),
  };
  for (const [what, data] of Object.entries(cases)) {
    it(`is torn: ${what}`, () => {
      expect(opacityOf(stream(string('before'), data))).to.equal('torn Session from 13');
    });
  }

  it('is a plain error where no Externalizable is open', () => {
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () =>
      readStream(stream('73', external, '78', '73', list, int(2), '70')),
    );
  });

  it('is refused when it is read as an object, and when it is cut', () => {
    const source = stream(string('name'), cases['a handle is not there']);
    thrownBy('TRIBES_E_JAVA_OPAQUE', () => readObject(source));
    const scanned = scanInput(source);
    expect(scanned.readStringObject()).to.equal('name');
    expect(scanned.peek()).to.equal('object');
    const error = thrownBy('TRIBES_E_JAVA_OPAQUE', () => scanned.readObject());
    expect(error.message).to.include('Session: torn');
    const { contents, opaque } = readStream(source);
    const read = graphInput(contents, opaque);
    expect(read.readStringObject()).to.equal('name');
    thrownBy('TRIBES_E_JAVA_OPAQUE', () => read.peekClassName());
  });
});
