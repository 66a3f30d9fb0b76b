import { expect } from 'chai';
import { ObjectInputStream as TheirStream } from 'java-object-serialization';
import {
  JavaClasses,
  ObjectInputStream,
  descOf,
  plainView,
  readObject,
  typedView,
  writeStream,
  type JavaConstructor,
  type JavaFieldValue,
  type JavaObject,
  type JavaValue,
} from '../../../src/java/index.js';
import { isTribesError } from '../../../src/base/index.js';
import { codeOf } from '../../support/code-of.js';
import { thrownBy } from '../../support/errors.js';
import { vectorFiles } from '../../support/vectors.js';
import { mutations } from '../kit/mutations.js';

/** The example of the Java Object Serialization Specification, and of the README of `java-object-serialization`. */
const SPECIFICATION = Buffer.from(
  'rO0ABXNyAARMaXN0aciKFUAWrmgCAAJJAAV2YWx1ZUwABG5leHR0AAZMTGlzdDt4cAAAABFzcQB+AAAAAAATcHEAfgAD',
  'base64',
);

class List {
  value = 0;
  next: List | null = null;
}

/** As the README of `java-object-serialization` has it; what a stream is to it, either package gives. */
class ArrayList {
  size = 0;
  elements: unknown[] = [];

  readObject(stream: Pick<ObjectInputStream, 'defaultReadObject' | 'readInt' | 'readObject'>): void {
    stream.defaultReadObject();
    stream.readInt();
    for (let i = 0; i < this.size; ++i) {
      this.elements.push(stream.readObject());
    }
  }

  readResolve(): unknown[] {
    return this.elements;
  }
}

ObjectInputStream.RegisterObjectClass(List, 'List', '7622494193198739048');

const vectors = new Map(
  [...vectorFiles('06-jdk-classes').values()].flat().map(({ name, bytes }) => [name, bytes]),
);

/** A stream of one object with the fields of one class. */
function streamOf(name: string, fields: readonly [spec: string, value: JavaFieldValue][]): Buffer {
  const desc = descOf({ name, suid: 1n, fields: fields.map(([spec]) => spec) });
  const values = fields.map(([, value]) => value);
  return writeStream({ contents: [{ kind: 'object', desc, parts: [{ desc, values, annotation: null }] }] });
}

describe('ObjectInputStream', () => {
  // Not earlier: what is registered there is registered for the whole process, and others compare with it unregistered.
  before(() => {
    TheirStream.RegisterObjectClass(List, 'List', '7622494193198739048');
    TheirStream.RegisterObjectClass(ArrayList, 'java.util.ArrayList', '8683452581122892189');
  });

  it('reads what java-object-serialization reads, with the same classes', () => {
    const [ours, theirs] = [new ObjectInputStream(SPECIFICATION), new TheirStream(SPECIFICATION)];
    for (const value of [17, 19]) {
      const list = ours.readObject();
      expect(list).to.be.instanceOf(List).and.to.include({ value });
      expect(list).to.deep.equal(theirs.readObject());
    }
  });

  it('gives the same object where the stream refers to it again', () => {
    const stream = new ObjectInputStream(SPECIFICATION);
    const first = stream.readObject() as List;
    expect(stream.readObject()).to.equal(first.next);
  });

  it('prefers a registered class to the plain view, and what its readResolve gives to the object', () => {
    const bytes = vectors.get('ArrayList') ?? Buffer.alloc(0);
    const classes = new JavaClasses().register(ArrayList, 'java.util.ArrayList', '8683452581122892189');
    expect(new ObjectInputStream(bytes, { classes }).readObject()).to.deep.equal(['x', 'y', 'z']);
    expect(new TheirStream(bytes).readObject()).to.deep.equal(['x', 'y', 'z']);
    expect(typedView(readObject(bytes), ArrayList, classes)).to.deep.equal(['x', 'y', 'z']);
  });

  it('reads primitives and objects in turn, and says what it found instead', () => {
    const block = Buffer.from([0, 0, 0, 7, 0xff, 0xff]);
    const bytes = writeStream({
      contents: [
        { kind: 'blockData', bytes: block },
        { kind: 'string', value: 'text' },
      ],
    });
    const stream = new ObjectInputStream(bytes);
    expect(codeOf(() => stream.readObject())).to.equal('TRIBES_E_JAVA_UNEXPECTED');
    expect([stream.readInt(), stream.readUnsignedShort(), stream.readObject()]).to.deep.equal([
      7,
      65_535,
      'text',
    ]);
    expect(codeOf(() => stream.readObject())).to.equal('TRIBES_E_JAVA_TRUNCATED');
    expect(codeOf(() => stream.defaultReadObject())).to.equal('TRIBES_E_JAVA_UNEXPECTED');
  });
});

describe('objects of registered classes', () => {
  class Target {
    name = '';
    #length = 0;
    then?: unknown;

    get length(): number {
      return this.#length;
    }

    set length(length: number) {
      this.#length = length;
    }

    describe(): string {
      return `${this.name}:${this.length}`;
    }
  }

  function read<T extends object>(
    bytes: Buffer,
    type: JavaConstructor<T>,
    className = 'shop.Target',
    version?: bigint,
  ): T | null {
    const classes = new JavaClasses().register(type, className, version);
    return typedView(readObject(bytes), type, classes) as T | null;
  }

  it('get the fields that they declare, setters included, and nothing else', () => {
    const target = read(
      streamOf('shop.Target', [
        ['I length', 3],
        ['I unknown', 4],
        ['Ljava/lang/String; constructor', { kind: 'string', value: 'no' }],
        ['Ljava/lang/String; describe', { kind: 'string', value: 'no' }],
        ['Ljava/lang/String; name', { kind: 'string', value: 'yes' }],
        ['Ljava/lang/String; toString', { kind: 'string', value: 'no' }],
      ]),
      Target,
    );
    expect(target?.describe()).to.equal('yes:3');
    expect(Object.getOwnPropertyNames(target)).to.have.members(['name', 'then']);
    expect(target?.constructor).to.equal(Target);
  });

  it('keep their prototype, whatever a field is called', () => {
    for (const name of ['__proto__', 'prototype']) {
      const target = read(streamOf('shop.Target', [[`Ljava/lang/Object; ${name}`, null]]), Target);
      expect(Object.getPrototypeOf(target)).to.equal(Target.prototype);
    }
  });

  it('are made of the registered name and version only', () => {
    const bytes = streamOf('shop.Target', []);
    expect(read(bytes, Target, 'shop.Target', 1n)).to.be.instanceOf(Target);
    const error = thrownBy('TRIBES_E_JAVA_NOT_INSTANCE', () => read(bytes, Target, 'shop.Target', 2n));
    expect(error.message).to.equal(
      'the value is of the Java class shop.Target with serialVersionUID 1, for which Target is not registered',
    );
    expect(codeOf(() => read(bytes, Target, 'shop.Other'))).to.equal('TRIBES_E_JAVA_NOT_INSTANCE');
  });

  it('may be of a class that extends the one asked for', () => {
    class Special extends Target {}
    const classes = new JavaClasses().register(Special, 'shop.Special');
    expect(typedView(readObject(streamOf('shop.Special', [])), Target, classes)).to.be.instanceOf(Special);
  });

  it('are null for a null reference', () => {
    expect(typedView(null, Target, new JavaClasses())).to.be.null;
  });

  it('name the class of the program that failed', () => {
    class Failing {
      readResolve(): never {
        throw new Error('not today');
      }
    }
    const error = thrownBy('TRIBES_E_JAVA_CLASS', () =>
      read(streamOf('shop.Failing', []), Failing, 'shop.Failing'),
    );
    expect(error.message).to.equal('the class that is registered for shop.Failing failed: not today');
    expect(error.cause).to.be.an('error').with.property('message', 'not today');
  });

  it('that are Externalizable need a readExternal', () => {
    const desc = descOf({ name: 'shop.Target', suid: 1n, flags: 0x0c });
    const parts: JavaObject['parts'] = [{ desc, values: null, annotation: [] }];
    const bytes = writeStream({ contents: [{ kind: 'object', desc, parts }] });
    expect(thrownBy('TRIBES_E_JAVA_CLASS', () => read(bytes, Target)).message).to.include('readExternal');
  });

  it('end where the limits of views say', () => {
    let list: JavaValue = null;
    const desc = descOf({ name: 'List', suid: 1n, fields: ['LList; next'] });
    for (let depth = 0; depth < 2000; depth++) {
      list = { kind: 'object', desc, parts: [{ desc, values: [list], annotation: null }] };
    }
    const classes = new JavaClasses().register(List, 'List');
    expect(codeOf(() => typedView(list, List, classes))).to.equal('TRIBES_E_JAVA_VIEW_LIMIT');
  });
});

describe('registered classes of the JDK', () => {
  class Time extends Date {
    readObject(stream: ObjectInputStream): void {
      stream.defaultReadObject();
      this.setTime(Number(stream.readLong()));
    }
  }
  class Table extends Map<unknown, unknown> {
    loadFactor = 0;
  }
  const classes = new JavaClasses()
    .register(List, 'List')
    .register(ArrayList, 'java.util.ArrayList')
    .register(Table, 'java.util.HashMap')
    .register(Time, 'java.util.Date');

  it('are those of the JDK too: a map is filled without a readObject', () => {
    const bytes = vectors.get('HashMap') ?? Buffer.alloc(0);
    const table = typedView(readObject(bytes), Table, classes);
    expect(table).to.be.instanceOf(Table).with.property('loadFactor', 0.75);
    expect(new Map(table ?? [])).to.deep.equal(plainView(readObject(bytes)));
  });

  it('end in an object or in an error of ours: 20,000 mutants', function () {
    this.timeout(60_000);
    const originals = [
      'ArrayList',
      'Date',
      'sql.Timestamp',
      'HashMap-13',
      'LinkedHashSet',
      'SimpleEntry',
    ].map((name) => vectors.get(name) ?? Buffer.alloc(0));
    let read = 0;
    let refused = 0;
    for (const bytes of mutations([SPECIFICATION, ...originals], 20_000, 7)) {
      try {
        new ObjectInputStream(bytes, { classes }).readObject();
        read++;
      } catch (error) {
        if (!isTribesError(error)) {
          throw error;
        }
        refused++;
      }
    }
    expect(read).to.be.above(1_000);
    expect(refused).to.be.above(1_000);
    expect(Object.keys(Object.prototype)).to.deep.equal([]);
  });
});

describe('JavaClasses', () => {
  for (const [what, register] of [
    ['a number that is no exact serialVersionUID', () => new JavaClasses().register(List, 'List', 2 ** 60)],
    ['a text that is none', () => new JavaClasses().register(List, 'List', 'x')],
    [
      'fields without a serialVersionUID',
      () => new JavaClasses().register(List, 'List', undefined, { fields: {} }),
    ],
    ['a type that is none', () => new JavaClasses().register(List, 'List', 1, { fields: { a: 'int[' } })],
    [
      'a superclass that is not registered',
      () => new JavaClasses().register(List, 'List', 1, { superclass: ArrayList }),
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(codeOf(register)).to.equal('TRIBES_E_JAVA_REGISTRATION');
    });
  }

  it('takes an unsigned serialVersionUID for the signed one', () => {
    const classes = new JavaClasses().register(List, 'List', '18446744073709551615');
    expect(classes.of(descOf({ name: 'List', suid: -1n }))?.type).to.equal(List);
  });
});
