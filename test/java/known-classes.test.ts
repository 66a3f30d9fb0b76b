import { expect } from 'chai';
import { defaultJavaLimits } from '../../src/base/index.js';
import { KnownClasses, type KnownClass } from '../../src/java/known-classes.js';
import { bytes, classDesc, ref, stream, string } from './kit/bytes.js';

const AT = 5;

/** An object of a class, its fields left out. */
const objectOf = (desc: Buffer, ...data: string[]): Buffer => stream('73', desc, ...data);

const box = objectOf(
  classDesc('java.lang.Integer', 2, [['I value']], classDesc('java.lang.Number', 2)),
  '00000007',
);
const node = objectOf(
  classDesc('Node', 2, [['I size'], ['L next', string('LNode;')], ['L last', ref(1)]]),
  '00000000',
  '70',
  '70',
);

describe('known classes', () => {
  let known: KnownClasses;

  beforeEach(() => {
    known = new KnownClasses();
  });

  function learn(source: Buffer, at = AT): boolean {
    return known.learn(source, at, defaultJavaLimits);
  }

  function find(source: Buffer, at = AT, end = source.length): KnownClass | undefined {
    return known.candidates(source, at).find((candidate) => candidate.endOfOwn(source, at, end) >= 0);
  }

  it('are found by their bytes when they come again, wherever they stand', () => {
    expect(find(box)).to.equal(undefined);
    expect(learn(box)).to.equal(true);
    const elsewhere = stream(string('before'), '73', box.subarray(AT));
    const found = find(elsewhere, elsewhere.indexOf(box.subarray(AT)));
    expect(found).to.deep.include({ className: 'java.lang.Integer', primitiveBytes: 4, isLeaf: true });
    expect(found?.isBox('java.lang.Integer', 4)).to.equal(true);
    expect(found?.superClass?.className).to.equal('java.lang.Number');
  });

  it('are found whether their type strings stand there or are referred to', () => {
    learn(node);
    const other = classDesc('Node', 2, [['I size'], ['L next', ref(0)], ['L last', string('anything')]]);
    const found = find(objectOf(other));
    expect(found?.className).to.equal('Node');
    expect(found?.endOfOwn(other, 0, other.length)).to.equal(other.length - 1);
  });

  it('are not found when one byte is another', () => {
    learn(box);
    const end = find(box)?.endOfOwn(box, AT, box.length) ?? 0;
    for (let at = AT; at < end; at++) {
      const other = Buffer.from(box);
      other[at] = (other[at] ?? 0) ^ 0x01;
      expect(find(other), `byte ${at}`).to.equal(undefined);
    }
  });

  it('are not found where the bytes end', () => {
    learn(node);
    const end = find(node)?.endOfOwn(node, AT, node.length) ?? 0;
    expect(find(node, AT, end)?.className).to.equal('Node');
    for (let length = AT; length < end; length++) {
      expect(find(node, AT, length)).to.equal(undefined);
      expect(find(node.subarray(0, length))).to.equal(undefined);
    }
  });

  it('are the same whatever class they were met with', () => {
    const number = classDesc('java.lang.Number', 2);
    const long = classDesc('java.lang.Long', 2, [['J value']], ref(1));
    const two = bytes(box, '73', long, '0000000000000007');
    learn(two);
    const superClass = find(objectOf(number)) ?? expect.fail();
    expect(find(two, box.length + 1)?.superClass?.equals(superClass)).to.equal(true);
    expect(find(box)?.superClass?.equals(superClass)).to.equal(true);
    expect(find(box)?.equals(superClass)).to.equal(false);
  });

  it('do not hold on to the stream that taught them', () => {
    const source = Buffer.from(node);
    learn(source);
    source.fill(0);
    expect(find(node)?.className).to.equal('Node');
  });

  it('are told apart although they have the same name and serialVersionUID', () => {
    const grown = objectOf(classDesc('Node', 2, [['I size'], ['J more']]), '00000000', '0000000000000000');
    learn(node);
    learn(grown);
    expect(find(node)?.primitiveBytes).to.equal(-1);
    expect(find(grown)?.primitiveBytes).to.equal(12);
  });

  it('are learned as far as a damaged stream can be read', () => {
    expect(learn(bytes(box, 'ff'))).to.equal(true);
    // The class of the second object breaks off in the middle of its superclass.
    const torn = bytes(box, node.subarray(4, -3));
    expect(learn(bytes(torn, '72 0005'), torn.indexOf('Node') - 3)).to.equal(false);
    expect(new KnownClasses().learn(box.subarray(0, -1), AT, defaultJavaLimits)).to.equal(false);
  });

  it('are none with an annotation, none whose instances have no end, and no proxies', () => {
    const annotated = bytes('72 0001 41 0000000000000001 02 0000', string('a'), '78 70');
    const endless = classDesc('E', 0x04);
    const proxy = bytes('7d 00000000 78 70');
    for (const desc of [annotated, endless, proxy]) {
      expect(learn(objectOf(desc))).to.equal(false);
      expect(learn(objectOf(desc))).to.equal(false);
      expect(find(objectOf(desc))).to.equal(undefined);
    }
    expect(learn(objectOf(classDesc('Sub', 2, [], proxy)))).to.equal(false);
  });

  it('are learned once; what brings nothing new is scanned again only after a while', () => {
    expect(learn(box)).to.equal(true);
    expect(learn(box)).to.equal(false);
    // The same first class, and another that is not known.
    const wiser = bytes(box, objectOf(classDesc('Other', 2)).subarray(4));
    for (let times = 0; times < 100; times++) {
      expect(learn(wiser)).to.equal(false);
    }
    expect(learn(wiser)).to.equal(true);
  });

  it('are none of more than 63 fields that are objects: each takes a piece of its bytes', () => {
    const withObjects = (count: number): Buffer => {
      const fields = Array.from({ length: count }, (_, i): [string, Buffer] => [
        `L f${i}`,
        i === 0 ? string('LA;') : ref(1),
      ]);
      return objectOf(classDesc(`Of${count}`, 2, fields), ...fields.map(() => '70'));
    };
    expect([63, 64].map((count) => learn(withObjects(count)))).to.deep.equal([true, false]);
    expect(find(withObjects(63))?.className).to.equal('Of63');
    expect(find(withObjects(64))).to.equal(undefined);
  });

  it('are bounded: the oldest are forgotten when there are too many', () => {
    const numbered = (number: number): Buffer => objectOf(classDesc(`app.Class${number}`, 2));
    for (let number = 0; number < 3000; number++) {
      expect(learn(numbered(number)), String(number)).to.equal(true);
      expect(find(numbered(number))?.className).to.equal(`app.Class${number}`);
    }
    const kept = Array.from({ length: 3000 }, (_, number) => find(numbered(number))).filter(Boolean);
    expect(kept).to.have.length.within(1000, 2048);
  });
});
