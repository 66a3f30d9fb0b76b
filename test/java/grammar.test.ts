import { expect } from 'chai';
import {
  readObject,
  readStream,
  scanStream,
  writeStream,
  type JavaArray,
  type JavaClassDesc,
  type JavaEnum,
  type JavaException,
  type JavaObject,
  type JavaPrimitiveArray,
  type JavaStream,
  type JavaString,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';

/** Reads `source`, after seeing that it is scanned alike and written back as it was. */
function read(source: Buffer): JavaStream {
  const graph = readStream(source);
  expect(writeStream(graph).equals(source)).to.be.true;
  const last = scanStream(source).contents.at(-1);
  expect(last?.end ?? 4).to.equal(source.length);
  return graph;
}

function refused(...source: (string | Buffer)[]): string {
  const { message } = thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => readStream(stream(...source)));
  expect(thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => scanStream(stream(...source))).message).to.equal(message);
  return message;
}

const objects = classDesc('[LObject;', 2);
const colour = classDesc('Colour', 0x12, [], classDesc('java.lang.Enum', 0x12));

describe('the grammar of Java streams', () => {
  it('begins with magic and version', () => {
    thrownBy('TRIBES_E_JAVA_HEADER', () => readStream(bytes('aced0004 70')));
    thrownBy('TRIBES_E_JAVA_HEADER', () => scanStream(bytes('aced')));
    expect(thrownBy('TRIBES_E_JAVA_HEADER', () => scanStream(Buffer.alloc(0))).message).to.include(
      'found nothing',
    );
  });

  it('says what it expected, what it found, and where', () => {
    expect(refused('70 4a')).to.equal('expected a value, found 4a at offset 5 of the Java stream');
    const { message } = thrownBy('TRIBES_E_JAVA_TRUNCATED', () => readStream(stream('73')));
    expect(message).to.equal('expected a class descriptor at offset 5, but the Java stream ends');
  });

  describe('handles', () => {
    it('are assigned to a descriptor before its type strings, to an object behind its descriptor', () => {
      const list = classDesc('Node', 2, [
        ['L self', string('LNode;')],
        ['L type', ref(1)],
        ['L desc', ref(1)],
      ]);
      const object = readObject(stream('73', list, ref(2), ref(1), ref(0))) as JavaObject;
      const [self, type, desc] = object.parts[0]?.values ?? [];
      expect(self).to.equal(object);
      expect(desc).to.equal(object.desc);
      expect(type).to.equal((object.desc as JavaClassDesc).fields[0]?.signature);
    });

    it('are refused when they are not assigned yet, or below the first', () => {
      expect(refused(ref(0))).to.include('found 007e0000');
      expect(refused('71 007dffff')).to.include('found 007dffff');
      expect(refused('71 ffffffff')).to.include('found ffffffff');
    });

    it('begin anew behind a reset, and nothing from before is known', () => {
      const { contents } = read(stream(string('x'), '79', string('y'), ref(0)));
      expect(contents[3]).to.equal(contents[2]);
      expect(refused(string('x'), '79', ref(0))).to.include('found 007e0000');
    });

    it('of a string, an object or an incomplete class are no class descriptor', () => {
      refused(string('x'), '73', ref(0));
      refused('73', classDesc('A', 2), '73', ref(1));
      refused('72 0001 41 0000000000000000 02 0000 78', ref(0));
      refused('72 0001 41 0000000000000000 02 0000', '73', ref(0), '78 70');
    });

    it('of an incomplete class may stand in its own annotation as a value', () => {
      read(stream('72 0001 41 0000000000000000 02 0000', ref(0), '78 70'));
    });

    it('of anything but a string are no type string', () => {
      refused('76', classDesc('A', 2, [['L a', ref(0)]]));
      refused('76', classDesc('A', 2, [['L a', '70']]));
    });
  });

  describe('contents', () => {
    it('may be null, a string long or short, and a class, an array, an enum or a class descriptor', () => {
      const { contents } = read(
        stream(
          '70',
          string('s'),
          '7c 0000000000000001 6c',
          '76',
          classDesc('A', 2),
          '75',
          objects,
          int(1),
          '70',
          ref(0),
          ref(2),
        ),
      );
      expect(contents.map((content) => content?.kind ?? null)).to.deep.equal([
        null,
        'string',
        'string',
        'class',
        'array',
        'string',
        'classDesc',
      ]);
      expect(contents[2]).to.deep.equal({ kind: 'string', value: 'l', long: true });
    });

    it('may be blocks long and short, also longer than they need to be', () => {
      const { contents } = read(
        stream('77 00', '77 01 aa', '7a 00000002 bbcc', '7a 00000100', Buffer.alloc(256)),
      );
      expect(
        contents.map((content) =>
          content?.kind === 'blockData' ? [content.bytes.length, content.long] : null,
        ),
      ).to.deep.equal([
        [0, undefined],
        [1, undefined],
        [2, true],
        [256, undefined],
      ]);
    });

    it('are not the end of an annotation, nor a reset within an object', () => {
      refused('78');
      refused('75', objects, int(1), '78');
      refused('75', objects, int(1), '77 01 00');
      refused('75', objects, int(1), '79');
      refused('73', classDesc('A', 3), '79', '78');
    });

    it('keep raw bits: NaN with a payload, a boolean that is neither 0 nor 1', () => {
      const desc = classDesc('Bits', 2, [
        ['D d'],
        ['F f'],
        ['Z z'],
        ['D nan'],
        ['F nan2'],
        ['J j'],
        ['C c'],
        ['B b'],
        ['S s'],
      ]);
      const object = read(
        stream(
          '73',
          desc,
          '7ff8000000000001',
          'ffc00000',
          '02',
          '7ff8000000000000',
          '7fc00000',
          '8000000000000000',
          'd800',
          '80',
          'ffff',
        ),
      ).contents[0] as JavaObject;
      const values = object.parts[0]?.values ?? [];
      expect(values.slice(0, 3)).to.deep.equal([
        { kind: 'raw', type: 'D', bytes: Buffer.from('7ff8000000000001', 'hex') },
        { kind: 'raw', type: 'F', bytes: Buffer.from('ffc00000', 'hex') },
        { kind: 'raw', type: 'Z', bytes: Buffer.from('02', 'hex') },
      ]);
      expect(values.slice(3)).to.deep.equal([NaN, NaN, -(2n ** 63n), '\ud800', -128, -1]);
    });

    it('are arrays of every type', () => {
      for (const [type, size] of Object.entries({ B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, S: 2, Z: 1 })) {
        const cells = Buffer.alloc(3 * size, 0x5a);
        const array = read(stream('75', classDesc(`[${type}`, 2), int(3), cells))
          .contents[0] as JavaPrimitiveArray;
        expect([array.kind, array.type, array.bytes]).to.deep.equal(['primitiveArray', type, cells]);
      }
      const array = read(stream('75', classDesc('[[I', 2), int(1), '75', classDesc('[I', 2), int(1), int(7)))
        .contents[0];
      expect((array as JavaArray).elements[0]?.kind).to.equal('primitiveArray');
    });

    it('are no arrays of a class that is none', () => {
      for (const name of ['A', '[', '[V', '', 'I[']) {
        refused('75', classDesc(name, 2), int(0));
      }
      refused('75 70', int(0));
      refused('75 7d 00000000 78 70', int(0));
    });

    it('are no objects and enums without class; a class object may be', () => {
      refused('73 70');
      refused('7e 70', string('A'));
      read(stream('76 70'));
    });

    it('are fields in the order of the descriptor, whatever it is', () => {
      const desc = classDesc('Odd', 2, [['L a', string('LA;')], ['I b'], ['L c', ref(1)], ['Z d']]);
      const object = read(stream('73', desc, string('x'), int(1), '70', '01')).contents[0] as JavaObject;
      expect(object.parts[0]?.values?.slice(1)).to.deep.equal([1, null, true]);
    });
  });

  describe('an enum', () => {
    it('has its name as a string of its own, never as a reference', () => {
      // ObjectInputStream.readEnum reads TC_STRING or TC_LONGSTRING; ObjectOutputStream.writeEnum writes nothing else.
      const constant = read(stream('7e', colour, string('RED'))).contents[0] as JavaEnum;
      expect(constant.constant.value).to.equal('RED');
      expect(refused(string('RED'), '7e', colour, ref(0))).to.include('name of an enum constant');
    });

    it('gives its name a handle', () => {
      const { contents } = read(stream('7e', colour, string('RED'), ref(3)));
      expect(contents[1]).to.equal((contents[0] as JavaEnum).constant);
    });
  });

  describe('a class descriptor', () => {
    it('keeps its annotation, contents of any sort, and its superclass behind it', () => {
      const annotated = bytes(
        '72 0001 41 0000000000000005 02 0000',
        '7701ff',
        string('note'),
        '73',
        classDesc('B', 3),
        '70',
        '78',
        '78',
      );
      const desc = read(stream(annotated, classDesc('C', 2))).contents[0] as JavaClassDesc;
      expect(desc.annotation.map((content) => content?.kind)).to.deep.equal([
        'blockData',
        'string',
        'object',
      ]);
      expect((desc.superDesc as JavaClassDesc).name.value).to.equal('C');
      expect(desc.serialVersionUID).to.equal(5n);
    });

    it('does not have flags that contradict each other', () => {
      expect(refused('76', classDesc('A', 0x06))).to.include('class flags');
    });

    it('has fields of known types', () => {
      expect(refused('76', classDesc('A', 2, [['V v']]))).to.include('type of a field');
    });

    it('may be that of a proxy', () => {
      const proxy = bytes(
        '7d 00000002 0001 41 0001 42 78',
        classDesc('java.lang.reflect.Proxy', 2, [['L h', string('LH;')]]),
      );
      const object = read(stream('73', proxy, '70')).contents[0] as JavaObject;
      expect(object.desc).to.deep.include({
        kind: 'proxyDesc',
        interfaces: [{ value: 'A' }, { value: 'B' }],
      });
      expect(object.parts.map(({ values }) => values)).to.deep.equal([[null], []]);
    });
  });

  describe('an exception', () => {
    const thrown = bytes('73', classDesc('java.io.IOException', 2));

    it('ends the object of the top level around it, at any depth; reading goes on behind', () => {
      const aborted = bytes('75', objects, int(2), string('x'), '73', classDesc('A', 3), '770101');
      const { contents } = read(stream(string('before'), aborted, '7b', thrown, string('after'), ref(0)));
      const [before, exception, after, again] = contents as [
        JavaString,
        JavaException,
        JavaString,
        JavaString,
      ];
      expect([before.value, after.value]).to.deep.equal(['before', 'after']);
      expect(exception.aborted?.equals(aborted)).to.be.true;
      expect((exception.thrown as JavaObject).desc).to.deep.include({
        name: { value: 'java.io.IOException' },
      });
      expect(again).to.equal(after);
    });

    it('stands alone when nothing had been written', () => {
      const { contents } = read(stream('7b', thrown, '70'));
      expect(contents[0]).to.have.all.keys('kind', 'thrown');
      expect(contents[1]).to.equal(null);
    });

    it('begins a new epoch for what was thrown, and another behind it', () => {
      refused(string('x'), '7b 73', ref(0));
      refused('7b', thrown, ref(0));
    });

    it('may end the writing of another exception', () => {
      const outer = bytes('7b 73', classDesc('Outer', 3), string('o'));
      const [exception] = read(
        stream(string('x'), '75', objects, int(1), outer, '7b', thrown, '70'),
      ).contents.slice(1);
      expect((exception as JavaException).aborted?.equals(bytes('75', objects, int(1), outer))).to.be.true;
    });

    it('is scanned with its extent, what was aborted, and what was thrown', () => {
      const { contents } = scanStream(stream('75', objects, int(1), '7b', thrown, '70'));
      const [exception] = contents;
      const start = 4 + 1 + objects.length + 4;
      expect(exception).to.deep.include({ kind: 'exception', start: 4, aborted: { start: 4, end: start } });
      expect(exception?.kind === 'exception' && exception.thrown.className).to.equal('java.io.IOException');
    });

    it('is an object, as a JVM demands', () => {
      refused('7b 70');
      refused('7b', string('x'));
    });
  });

  describe('texts that no JVM writes', () => {
    it('are kept as they came, in strings, names and type strings', () => {
      const overlong = bytes('74 0002 c181');
      const desc = bytes('72 0001 00 0000000000000000 02 0001 4c 0001 80', overlong, '78 70');
      const object = read(stream('73', desc, '74 0003 e28241')).contents[0] as JavaObject;
      const { name, fields } = object.desc as JavaClassDesc;
      expect(name).to.deep.equal({ value: '\0', bytes: Buffer.from([0]) });
      expect(fields[0]?.name).to.deep.equal({ value: '\ufffd', bytes: Buffer.from([0x80]) });
      expect(fields[0]?.signature).to.deep.equal({
        kind: 'string',
        value: 'A',
        bytes: Buffer.from([0xc1, 0x81]),
      });
      expect(object.parts[0]?.values?.[0]).to.deep.include({ value: '\ufffd\ufffdA' });
    });
  });
});

describe('readObject', () => {
  it('is the one value of a stream', () => {
    expect(readObject(stream('70'))).to.equal(null);
    expect(readObject(stream(string('x')))).to.deep.equal({ kind: 'string', value: 'x' });
  });

  it('refuses none, several, and what is no value', () => {
    for (const source of [stream(), stream('7070'), stream('77 01 00'), stream('79')]) {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => readObject(source));
    }
  });
});
