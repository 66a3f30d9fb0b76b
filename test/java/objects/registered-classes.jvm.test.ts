import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  JavaClasses,
  readObject,
  toJava,
  typedView,
  writeStream,
  type JavaConstructor,
  type ObjectInputStream,
  type ObjectOutputStream,
} from '../../../src/java/index.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../../support/jvm.js';

class Entity {
  id = 0;
  name: string | null = null;
}

class Cart extends Entity {
  tiny = 0;
  small = 0;
  sign = '';
  count = 0;
  total = 0n;
  rate = 0;
  price = 0;
  open = false;
  boxedInt: number | null = null;
  boxedLong: bigint | null = null;
  missing: unknown = 'something';
  counts: number[] = [];
  totals: bigint[] = [];
  data = Buffer.alloc(0);
  tags: (string | null)[] = [];
  items: unknown[] = [];
  extra = new Map<string, unknown>();
  self: Cart | null = null;
  other: Cart | null = null;
}

class Log {
  title = '';
  primitives: unknown[] = [];
  lines: unknown = null;

  readObject(stream: ObjectInputStream): void {
    stream.defaultReadObject();
    this.primitives = [
      stream.readByte(),
      stream.readShort(),
      stream.readInt(),
      stream.readLong(),
      stream.readFloat(),
      stream.readDouble(),
      stream.readBoolean(),
      stream.readChar(),
      stream.readUTF(),
    ];
    this.lines = stream.readObject();
    this.primitives.push(stream.readInt());
  }

  writeObject(stream: ObjectOutputStream): void {
    stream.defaultWriteObject();
    stream.writeByte(-3);
    stream.writeShort(-4);
    stream.writeInt(-5);
    stream.writeLong(-6n);
    stream.writeFloat(0.5);
    stream.writeDouble(-0.25);
    stream.writeBoolean(true);
    stream.writeChar('x');
    stream.writeUTF('café \0');
    stream.writeObject(this.lines);
    stream.writeInt(-7);
  }
}

class Journal extends Log {
  pages = 0;
  appendix: unknown = null;

  override readObject(stream: ObjectInputStream): void {
    this.pages = stream.readInt();
    this.appendix = stream.readObject();
  }

  override writeObject(stream: ObjectOutputStream): void {
    stream.writeInt(this.pages);
    stream.writeObject(this.appendix);
  }
}

class Point {
  x = 0;
  within: unknown = null;

  readExternal(stream: ObjectInputStream): void {
    this.x = stream.readInt();
    this.within = stream.readObject();
  }

  writeExternal(stream: ObjectOutputStream): void {
    stream.writeInt(this.x);
    stream.writeObject(this.within);
  }
}

class Basket extends Array<unknown> {
  owner = '';
}

const classes = new JavaClasses()
  .register(Entity, 'ClassPeer$Entity', -5n, { fields: { name: 'java.lang.String', id: 'int' } })
  .register(Cart, 'ClassPeer$Cart', '7622494193198739048', {
    superclass: Entity,
    fields: {
      boxedInt: 'java.lang.Integer',
      boxedLong: 'java.lang.Long',
      count: 'int',
      counts: 'int[]',
      data: 'byte[]',
      extra: 'java.util.Map',
      items: 'java.util.List',
      missing: 'java.lang.Object',
      name: 'java.lang.String',
      open: 'boolean',
      other: 'ClassPeer$Cart',
      price: 'double',
      rate: 'float',
      self: 'ClassPeer$Cart',
      sign: 'char',
      small: 'short',
      tags: 'java.lang.String[]',
      tiny: 'byte',
      total: 'long',
      totals: 'long[]',
    },
  })
  .register(Log, 'ClassPeer$Log', 1, { fields: { title: 'java.lang.String' } })
  .register(Journal, 'ClassPeer$Journal', 2, { superclass: Log, fields: { pages: 'int' } })
  .register(Point, 'ClassPeer$Point', 3, { fields: {} })
  .register(Basket, 'ClassPeer$Basket', 4);

describeWithJvm('registered classes beside a JVM', {}, () => {
  let folder: string;
  let compiled: string;

  before(async function () {
    this.timeout(120_000);
    folder = await mkdtemp(join(tmpdir(), 'tribes-classes-'));
    compiled = await compileJava([sourceFile('test/java/jvm/ClassPeer.java')]);
    await runJava({ mainClass: 'ClassPeer', classPath: [compiled], args: ['write', folder] });
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const bytesOf = (name: string): Promise<Buffer> => readFile(join(folder, `${name}.ser`));

  async function read<T extends object>(name: string, type: JavaConstructor<T>): Promise<T> {
    const value = typedView(readObject(await bytesOf(name)), type, classes);
    expect(value).to.be.instanceOf(type);
    return value as T;
  }

  it('have every sort of field, with its sign', async () => {
    const cart = await read('cart', Cart);
    expect(cart).to.deep.include({
      id: -3,
      name: 'first',
      tiny: -128,
      small: -2,
      sign: '€',
      count: -1,
      total: -(2n ** 63n),
      rate: Math.fround(0.1),
      price: -2.25,
      open: true,
      boxedInt: -3000,
      boxedLong: -3000n,
      missing: null,
      counts: [-1, 0, 2147483647],
      totals: [-1n, 5n],
      data: Buffer.from([255, 0, 1]),
      tags: ['red', null],
    });
  });

  it('have cycles, and share what is shared', async () => {
    const cart = await read('cart', Cart);
    expect(cart.self).to.equal(cart);
    expect(cart.extra.get('cart')).to.equal(cart);
    expect(cart.items[0]).to.equal(cart.other).and.to.be.instanceOf(Cart);
    expect(cart.other?.name).to.equal('second');
  });

  it('do not get what the Java class did not write', async () => {
    expect(await read('cart', Cart)).to.not.have.property('visits');
  });

  it('read what a writeObject wrote', async () => {
    const log = await read('log', Log);
    expect(log).to.deep.equal(
      Object.assign(new Log(), {
        title: 'title',
        primitives: [-3, -4, -5, -6n, 0.5, -0.25, true, 'x', 'café \0', -7],
        lines: ['one', -3],
      }),
    );
  });

  it('read what each class of a hierarchy wrote, also one that left its fields out', async () => {
    const journal = await read('journal', Journal);
    expect(journal).to.deep.include({ title: 'of the journal', pages: 99, lines: ['one', -3] });
    expect(journal.appendix).to.be.instanceOf(Log).and.to.not.be.instanceOf(Journal);
  });

  it('read an Externalizable, within itself too', async () => {
    const point = await read('point', Point);
    expect(point.x).to.equal(-10);
    expect(point.within).to.be.an('array').with.lengthOf(2);
    expect((point.within as unknown[])[0]).to.equal(point);
  });

  it('that extend a JavaScript array are filled like the list that they extend in Java', async () => {
    const basket = await read('basket', Basket);
    expect([...basket]).to.deep.equal(['bread', -1]);
    expect(basket.owner).to.equal('Ann');
  });

  for (const [name, type] of [
    ['twin', Cart],
    ['log', Log],
    ['journal', Journal],
    ['point', Point],
  ] as const) {
    it(`are written with the bytes that the JVM writes: ${name}`, async () => {
      const value = await read<object>(name, type);
      const written = writeStream({ contents: [toJava(value, classes)] });
      expect(written.toString('latin1')).to.equal((await bytesOf(name)).toString('latin1'));
      await writeFile(join(folder, `${name}.back`), written);
    });
  }

  it('are read by the JVM as what they were', async function () {
    this.timeout(60_000);
    const args = ['check', folder, 'twin', 'log', 'journal', 'point'];
    await runJava({ mainClass: 'ClassPeer', classPath: [compiled], args });
  });
});
