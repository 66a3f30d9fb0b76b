import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError } from '../../../src/base/index.js';
import {
  ClassRules,
  descOf,
  fromJs,
  VALUE_CLASSES,
  vetValue,
  writeStream,
  type JavaClassDesc,
  type JavaContent,
  type JavaObject,
  type JavaValue,
} from '../../../src/java/index.js';
import { arrayDesc, valueDesc } from '../../../src/java/typed/value-descriptors.js';
import { namesAnywhere } from '../../../src/java/vetting/hidden-names.js';
import { codeOf } from '../../support/code-of.js';
import { thrownBy } from '../../support/errors.js';
import { vectorFiles } from '../../support/vectors.js';

const DEFAULT = new ClassRules(['default']);
const vetting = { classes: DEFAULT, maxBytes: 2 ** 20, maxDepth: 100 };

const vectors = [...vectorFiles('06-').values()].flat();
const vector = (name: string): Buffer => {
  const found = vectors.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no vector ${name}`);
  }
  return found.bytes;
};

const vet = (bytes: Buffer, classes = DEFAULT) => vetValue(bytes, { ...vetting, classes });
const allowing = (...names: string[]): ClassRules => new ClassRules(['default', ...names]);
const stream = (value: JavaValue): Buffer => writeStream({ contents: [value] });
const desc = (name: string): JavaClassDesc => {
  const found = valueDesc(name);
  if (found === undefined) {
    throw new Error(`no descriptor of ${name}`);
  }
  return found;
};

/** The class that the refusal of `bytes` names. */
const refusedClass = (bytes: Buffer, classes = DEFAULT): unknown =>
  thrownBy('TRIBES_E_WRITE_CLASS', () => vet(bytes, classes)).params['className'];

const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const block = (...bytes: Buffer[]): JavaContent => ({ kind: 'blockData', bytes: Buffer.concat(bytes) });

/** An ArrayList that says to be of `size`. */
function list(size: number, elements: JavaValue[]): JavaObject {
  const annotation = [block(int(size)), ...elements];
  return {
    kind: 'object',
    desc: desc('java.util.ArrayList'),
    parts: [{ desc: desc('java.util.ArrayList'), values: [size], annotation }],
  };
}

function hashMap(size: number, entries: JavaValue[], loadFactor = 0.75): JavaObject {
  const annotation = [block(int(16), int(size)), ...entries];
  return {
    kind: 'object',
    desc: desc('java.util.HashMap'),
    parts: [{ desc: desc('java.util.HashMap'), values: [loadFactor, 12], annotation }],
  };
}

const pojo = (name: string, superDesc?: JavaClassDesc): JavaObject => {
  const own = descOf({ name, suid: 1n, ...(superDesc && { super: superDesc }) });
  const parts = superDesc === undefined ? [] : [{ desc: superDesc, values: [], annotation: null }];
  return { kind: 'object', desc: own, parts: [...parts, { desc: own, values: [], annotation: null }] };
};

describe('vetValue', () => {
  describe('classes', () => {
    const valueVectors = vectors.filter(({ name }) => codeOf(() => vet(vector(name))) === undefined);

    it('takes every value that a JDK wrote of classes that only hold values', () => {
      expect(valueVectors.length).to.be.greaterThan(90);
      for (const name of [
        'Integer',
        'BigDecimal',
        'Date',
        'UUID',
        'ZonedDateTime',
        'TreeMap',
        'List.of-3',
        'int[][]',
      ]) {
        expect(valueVectors.map((each) => each.name)).to.include(name);
      }
    });

    it('refuses each of them when nothing is allowed, strings and primitive arrays apart', () => {
      const nothing = new ClassRules([]);
      const taken = valueVectors.filter(({ bytes }) => codeOf(() => vet(bytes, nothing)) === undefined);
      for (const { className } of taken.map(({ bytes }) => vet(bytes))) {
        expect(className).to.match(/^(java\.lang\.String|\[+[BCDFIJSZ])$/);
      }
    });

    it('names what it refuses', () => {
      expect(refusedClass(vector('URL'))).to.equal('java.net.URL');
      expect(refusedClass(vector('nCopies'))).to.equal('java.util.Collections$CopiesList');
      expect(refusedClass(vector('lambda'))).to.equal('java.lang.invoke.SerializedLambda');
    });

    it('refuses a comparator within what is allowed', () => {
      expect(refusedClass(vector('TreeMap-comparator'))).to.equal('java.util.Collections$ReverseComparator');
      expect(
        codeOf(() => vet(vector('TreeMap-comparator'), allowing('java.util.Collections$ReverseComparator'))),
      ).to.be.undefined;
    });

    it('refuses a class wherever it stands', () => {
      const gadget = 'org.example.Gadget';
      const sub = pojo('com.example.Cart', descOf({ name: gadget, suid: 1n }));
      const arrayClass = `[[L${gadget};`;
      const places: Record<string, JavaValue> = {
        element: list(1, [list(1, [pojo(gadget)])]),
        key: hashMap(1, [pojo(gadget), null]),
        superclass: sub,
        'array class': { kind: 'array', desc: arrayDesc(arrayClass), elements: [] },
        'enum class': {
          kind: 'enum',
          desc: descOf({ name: gadget, suid: 0n, flags: 0x12, super: desc('java.lang.Enum') }),
          constant: { kind: 'string', value: 'A' },
        },
        'class object': { kind: 'class', desc: descOf({ name: gadget, suid: 1n }) },
        descriptor: descOf({ name: gadget, suid: 1n }),
        'annotation of a class': {
          ...pojo('com.example.Cart'),
          desc: { ...descOf({ name: 'com.example.Cart', suid: 1n }), annotation: [pojo(gadget)] },
        },
        'end of an object': {
          ...list(0, []),
          parts: [
            { desc: desc('java.util.ArrayList'), values: [0], annotation: [block(int(0)), pojo(gadget)] },
          ],
        },
      };
      const cart = allowing('com.example.Cart', 'java.lang.Class', 'java.io.ObjectStreamClass');
      for (const [place, value] of Object.entries(places)) {
        const written = { ...(value as JavaObject) };
        if (place === 'annotation of a class') {
          written.parts.splice(0, 1, { desc: written.desc, values: [], annotation: null });
        }
        const name = refusedClass(stream(written), cart);
        expect(String(name), place).to.contain(gadget);
      }
    });

    it('refuses proxies by their class and by each of their interfaces', () => {
      expect(refusedClass(vector('proxy'))).to.equal('java.lang.reflect.Proxy');
      const all = vectors.flatMap(({ bytes }) => [...namesAnywhere(bytes)]);
      const name = refusedClass(vector('proxy'), allowing('java.lang.reflect.Proxy', ...all));
      expect(name).to.be.a('string').and.not.equal('java.lang.reflect.Proxy');
    });

    it('refuses class objects and descriptors, unless their own classes are allowed too', () => {
      const value: JavaValue = { kind: 'class', desc: desc('java.util.ArrayList') };
      expect(refusedClass(stream(value))).to.equal('java.lang.Class');
      expect(codeOf(() => vet(stream(value), allowing('java.lang.Class')))).to.be.undefined;
    });

    it('refuses what hides where we read numbers or texts: a JVM that knows the class better may read an object there', () => {
      const hidden = stream(pojo('org.example.Gadget')).subarray(4);
      expect(refusedClass(stream(fromJs(hidden)))).to.equal('org.example.Gadget');
      expect(refusedClass(stream({ ...pojo('com.example.Cart') }), allowing('x.Y'))).to.equal(
        'com.example.Cart',
      );
      const overlong = Buffer.concat([
        Buffer.from('aced000574', 'hex'),
        int(3 + 2 * 7 + 12).subarray(2),
        Buffer.from([0x72, 0, 14]),
        Buffer.from('c1a1c0aec184c1afc1a4c1a7c1b9', 'hex'), // a.Dodgy, each letter in two bytes
        Buffer.from('000000000000000102000078', 'hex'),
      ]);
      expect(refusedClass(overlong)).to.equal('a.Dodgy');
    });

    it('allows a package, but not those within it', () => {
      const classes = allowing('com.example.*');
      expect(codeOf(() => vet(stream(pojo('com.example.Cart$Item')), classes))).to.be.undefined;
      expect(refusedClass(stream(pojo('com.example.deep.Cart')), classes)).to.equal('com.example.deep.Cart');
      expect(refusedClass(stream(pojo('com.examples.Cart')), classes)).to.equal('com.examples.Cart');
    });
  });

  describe('classes of the JDK', () => {
    it('refuses a description that is not that of the JDK, since a JVM would read on elsewhere', () => {
      const known = desc('java.util.ArrayList');
      for (const changed of [
        { ...known, flags: 0x02 },
        { ...known, flags: 0x0c },
        { ...known, serialVersionUID: 1n },
        { ...known, fields: [] },
        { ...known, superDesc: desc('java.lang.Number') },
      ]) {
        const bytes = stream({ kind: 'class', desc: changed });
        expect(codeOf(() => vet(bytes, allowing('java.lang.Class')))).to.equal('TRIBES_E_WRITE_STREAM');
      }
    });

    it('refuses what declares more than it holds', () => {
      for (const value of [
        list(2 ** 31 - 1, []),
        list(-1, []),
        hashMap(2 ** 30, []),
        hashMap(1, [null, null], 1e-30),
        hashMap(1, [null, null], NaN),
        list(0, [null]),
      ]) {
        expect(codeOf(() => vet(stream(value)))).to.equal('TRIBES_E_WRITE_STREAM');
      }
    });

    it('refuses a scale that takes gigabytes to write out', () => {
      const bytes = Buffer.from(vector('BigDecimal'));
      const scale = bytes.indexOf(Buffer.from('0000000273', 'hex'));
      expect(scale).to.be.greaterThan(0);
      bytes.writeInt32BE(-(2 ** 31), scale);
      expect(codeOf(() => vet(bytes))).to.equal('TRIBES_E_WRITE_STREAM');
    });

    it('refuses anything but one value', () => {
      for (const name of ['top-level-mixed', 'reset', 'header-only', 'null']) {
        expect(
          codeOf(() => vet(vector(name))),
          name,
        ).to.equal('TRIBES_E_WRITE_STREAM');
      }
    });
  });

  describe('what reading takes', () => {
    /** Sets in sets, each twice in the next: `hashCode` of the outermost visits 2^depth of them. */
    function bomb(depth: number): JavaValue {
      let inner = fromJs(new Set(['x']));
      for (let level = 0; level < depth; level++) {
        inner = fromJs(new Set(['a', 'b', level]));
        const part = inner?.kind === 'object' ? inner.parts[0] : undefined;
        part?.annotation?.splice(1, 2, previous, wrapped(previous));
        previous = inner;
      }
      return inner;
    }
    let previous: JavaValue = fromJs(new Set(['x']));
    const wrapped = (value: JavaValue): JavaValue => list(1, [value]);

    it('refuses what takes exponential time to hash', () => {
      previous = fromJs(new Set(['x']));
      const small = bomb(5);
      expect(codeOf(() => vet(stream(small)))).to.be.undefined;
      previous = fromJs(new Set(['x']));
      const large = bomb(30);
      expect(stream(large).length).to.be.lessThan(10_000);
      expect(codeOf(() => vet(stream(large)))).to.equal('TRIBES_E_WRITE_LIMIT');
    });

    it('refuses a key that contains itself', () => {
      const key = list(1, []);
      key.parts[0]?.annotation?.push(key);
      expect(codeOf(() => vet(stream(hashMap(1, [key, null]))))).to.equal('TRIBES_E_WRITE_LIMIT');
      expect(codeOf(() => vet(stream(key)))).to.be.undefined;
    });

    it('refuses thousands of keys that only a comparison of each with all tells apart', () => {
      const lists = Array.from({ length: 1_025 }, (_, i) => [fromJs([i]), null]).flat();
      expect(codeOf(() => vet(stream(hashMap(1_025, lists))))).to.equal('TRIBES_E_WRITE_LIMIT');
      const texts = Array.from({ length: 5_000 }, (_, i) => [fromJs(`k${i}`), null]).flat();
      expect(codeOf(() => vet(stream(hashMap(5_000, texts))))).to.be.undefined;
    });

    it('refuses deep nesting, of references too', () => {
      let nested: JavaValue = fromJs('x');
      for (let level = 0; level < 120; level++) {
        nested = list(1, [nested]);
      }
      expect(codeOf(() => vet(stream(nested)))).to.equal('TRIBES_E_WRITE_LIMIT');
      const flat: JavaValue[] = [list(0, [])];
      for (let level = 0; level < 120; level++) {
        flat.push(list(1, [flat.at(-1) ?? null]));
      }
      expect(codeOf(() => vet(stream(list(flat.length, flat))))).to.equal('TRIBES_E_WRITE_LIMIT');
    });

    it('refuses what is too long, without reading it', () => {
      expect(codeOf(() => vet(Buffer.alloc(2 ** 20 + 1)))).to.equal('TRIBES_E_WRITE_LIMIT');
    });
  });

  it('never takes a stream that names a class that is not allowed, however it is mutated', () => {
    const seeds = vectors.filter(({ bytes }) => bytes.length < 2_000).map(({ bytes }) => bytes);
    const mutated = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      )
      .map(([bytes, changes]) => {
        const copy = Buffer.from(bytes);
        changes.forEach(([place, byte]) => (copy[place % copy.length] = byte));
        return copy;
      });
    const allowed = new Set(VALUE_CLASSES);
    fc.assert(
      fc.property(mutated, (bytes) => {
        try {
          vet(bytes);
        } catch (error) {
          expect(isTribesError(error), String(error)).to.be.true;
          return;
        }
        for (const name of namesAnywhere(bytes)) {
          expect(
            allowed.has(name) ||
              /^\[+[BCDFIJSZ]$/.test(name) ||
              allowed.has(name.replace(/^\[+L(.*);$/, '$1')),
          ).to.be.true;
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
