import { expect } from 'chai';
import { isTribesError } from '../../src/base/index.js';
import {
  cut,
  isValue,
  packStream,
  readStream,
  scanInput,
  scanStream,
  shareGroups,
  spliceOutput,
  unpackStream,
  writeStream,
  type JavaObject,
} from '../../src/java/index.js';
import { InputBounds } from '../support/input-bounds.js';
import { vectorFiles } from '../support/vectors.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';
import { MapDictionary } from './kit/map-dictionary.js';
import { mutations } from './kit/mutations.js';

/** Everything that is done with a stream from elsewhere. */
function useFully(source: Buffer): void {
  const graph = readStream(source);
  expect(writeStream(graph).equals(source)).to.be.true;
  const { contents, values } = scanStream(source);
  expect(contents.length).to.equal(graph.contents.length + (graph.opaque ? 1 : 0));
  shareGroups(values);
  for (const value of values) {
    const part = cut([value]);
    expect(readStream(part).contents.length).to.equal(1);
    const output = spliceOutput();
    output.writeObject(part);
    output.toBuffer();
  }
  const dictionary = new MapDictionary();
  expect(unpackStream(packStream(source, dictionary), dictionary).equals(source)).to.be.true;
}

describe('hostile streams', () => {
  it('may hold sets in sets, each twice in the next: 201 of them, 2^100 hash codes to a JVM', () => {
    const set = (...elements: (string | Buffer)[]): Buffer =>
      bytes('77 0c', int(16), '3f400000', int(elements.length), ...elements, '78');
    const hashSet = classDesc('java.util.HashSet', 3);
    let bomb = bytes('73', hashSet, set());
    let next = 2;
    // Two sets a level, of which both hold both sets of the level below.
    const levels: Buffer[] = [bomb];
    for (let level = 0; level < 100; level++) {
      levels.push(bytes('73', ref(0), set(ref(next - 1), ref(Math.max(1, next - 2)))));
      levels.push(bytes('73', ref(0), set(ref(next - 1), ref(Math.max(1, next - 2)), string('foo'))));
      next += 3;
    }
    bomb = stream(...levels);
    expect(levels).to.have.length(201);
    useFully(bomb);
    expect(shareGroups(scanStream(bomb).values)).to.have.length.below(3);
  });

  it('may name fields and classes like the properties of every JavaScript object', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'kind', 'value'];
    const desc = classDesc(
      '__proto__',
      2,
      names.map((name) => [`L ${name}`, string('LX;')] as const),
    );
    const source = stream('73', desc, '70'.repeat(names.length));
    useFully(source);
    const [object] = readStream(source).contents as [JavaObject];
    expect(Object.getPrototypeOf(object)).to.equal(Object.prototype);
    expect(object.parts[0]?.values).to.deep.equal(names.map(() => null));
    expect(({} as Record<string, unknown>)['kind']).to.equal(undefined);
  });

  it('may refer a million times to what is large, as long as nothing is copied for it', () => {
    const source = stream(
      string('x'.repeat(60_000)),
      Buffer.concat(Array.from({ length: 200_000 }, () => ref(0))),
    );
    const { values } = scanStream(source);
    expect(values).to.have.length(200_001);
    expect(readStream(source).contents).to.have.length(200_001);
    expect(shareGroups(values)).to.have.length(200_001);
    expect(cut(values).length).to.equal(source.length);
  });

  it('may define classes of any number of shapes', () => {
    const objects = Array.from({ length: 1500 }, (_, i) => {
      const [primitives, values] = [i % 40, Math.floor(i / 40)];
      const fields = [
        ...Array.from({ length: primitives }, (_, at) => [`B p${at}`] as const),
        ...Array.from({ length: values }, (_, at) => [`L v${at}`, string('LX;')] as const),
      ];
      return bytes('73', classDesc(`C${i}`, 2, fields), '01'.repeat(primitives), '70'.repeat(values));
    });
    for (const source of [stream(...objects), stream(...objects.reverse())]) {
      expect(scanStream(source).values).to.have.length(objects.length);
      expect(writeStream(readStream(source)).equals(source)).to.be.true;
    }
  });

  it('may define the same class again and again', () => {
    useFully(
      stream(
        Buffer.concat(
          Array.from({ length: 2000 }, () => bytes('73', classDesc('A', 2, [['L a', string('LA;')]]), '70')),
        ),
      ),
    );
  });

  it('may consist of resets and blocks only', () => {
    useFully(stream('79'.repeat(10_000), '7700'.repeat(10_000), '7a00000000'.repeat(1000)));
  });

  it('may nest exceptions in exceptions', () => {
    const exceptions = Array.from({ length: 2000 }, () => bytes('7b 73', classDesc('X', 3), '770101'));
    useFully(stream(...exceptions, '7b 73', classDesc('X', 2), '70'));
  });

  it('may make choices about skipped fields everywhere', () => {
    // Every object begins like an annotation; all of them are in one another.
    const desc = classDesc('A', 3, [['I i'], ['L a', string('LA;')]]);
    const depth = 2000;
    const nestedObjects = Array.from({ length: depth - 1 }, () => bytes('70707070', '73', ref(0)));
    const open = bytes('73', desc, ...nestedObjects, '70707070', '70');
    for (const source of [
      stream(open),
      stream(open, '78'.repeat(depth)),
      stream(open, '78'.repeat(depth + 1)),
    ]) {
      outcomeOf(() => scanStream(source));
    }
  });
});

/** What a call came to: its result, or one of our errors. Anything else is thrown on. */
function outcomeOf<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
    return undefined;
  }
}

describe('mutated streams', () => {
  const runs = Number(process.env['TRIBES_FUZZ_RUNS'] ?? 50_000);
  const seeds = ['05-', '06-', '08-']
    .flatMap((prefix) => [...vectorFiles(prefix).values()].flat())
    .map(({ bytes: vector }) => vector)
    .filter((vector) => vector.length < 3000 && vector.readUInt32BE(0) === 0xaced0005);

  it(`are taken or refused by a coded error, by scan and read alike: ${runs} runs`, function () {
    this.timeout(600_000);
    let refused = 0;
    const bounds = new InputBounds();
    for (const mutant of mutations(seeds, runs, 20_251)) {
      const { scanned, read } = bounds.check(
        () => mutant.toString('hex'),
        () => ({
          scanned: outcomeOf(() => scanStream(mutant)),
          read: outcomeOf(() => readStream(mutant)),
        }),
      );
      expect(read === undefined, mutant.toString('hex')).to.equal(scanned === undefined);
      if (read === undefined || scanned === undefined) {
        refused++;
        continue;
      }
      expect(writeStream(read).equals(mutant), mutant.toString('hex')).to.be.true;
      const kinds = read.contents.map((content) => (isValue(content) ? 'value' : content.kind));
      const expected = read.opaque ? [...kinds, 'opaque'] : kinds;
      expect(
        scanned.contents.map(({ kind }) => kind),
        mutant.toString('hex'),
      ).to.deep.equal(expected);
    }
    expect(refused).to.be.within(runs / 10, runs);
  });

  it(`are cut, spliced, packed and read as inputs, or refused by a coded error: ${Math.ceil(runs / 10)} runs`, function () {
    this.timeout(600_000);
    const dictionary = new MapDictionary();
    const bounds = new InputBounds();
    for (const mutant of mutations(seeds, Math.ceil(runs / 10), 77)) {
      bounds.check(
        () => mutant.toString('hex'),
        () => cutAndPack(mutant, dictionary),
      );
    }
  });
});

function cutAndPack(mutant: Buffer, dictionary: MapDictionary): void {
  const values = outcomeOf(() => scanStream(mutant))?.values ?? [];
  shareGroups(values);
  for (const value of values) {
    const part = outcomeOf(() => cut([value]));
    if (part !== undefined) {
      expect(scanStream(part).contents, mutant.toString('hex')).to.have.length(1);
      const output = spliceOutput();
      output.writeObject(part);
      expect(readStream(output.toBuffer()).contents).to.have.length(1);
      expect(unpackStream(packStream(part, dictionary), dictionary).equals(part)).to.be.true;
    }
  }
  outcomeOf(() => unpackStream(mutant.subarray(4), dictionary));
  outcomeOf(() => {
    const input = scanInput(mutant);
    while (input.peek() !== 'end') {
      input.readLong();
      input.readObject();
      input.readUTF();
      input.readIntegerObject();
    }
  });
}
