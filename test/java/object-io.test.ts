import { expect } from 'chai';
import {
  classNameOf,
  descOf,
  graphInput,
  graphOutput,
  readStream,
  scanInput,
  scanStream,
  spliceOutput,
  writeStream,
  type JavaValue,
  type ObjectInput,
  type ObjectOutput,
  type ScannedValue,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { bytes, classDesc, int, ref, stream, string, utf } from './kit/bytes.js';

/** The two sorts of input read the same streams the same way. */
const inputs: Readonly<Record<string, (source: Buffer) => ObjectInput<JavaValue | ScannedValue>>> = {
  graphInput: (source) => {
    const { contents, opaque } = readStream(source);
    return graphInput(contents, opaque);
  },
  scanInput: (source) => scanInput(source),
};

const number = classDesc('java.lang.Number', 2);
const integer = classDesc('java.lang.Integer', 2, [['I value']], number);
const long = classDesc('java.lang.Long', 2, [['J value']], ref(1));
const boolean = classDesc('java.lang.Boolean', 2, [['Z value']]);

for (const [name, inputOf] of Object.entries(inputs)) {
  describe(name, () => {
    it('reads primitives across the borders of records, empty ones included', () => {
      const input = inputOf(
        stream('77 05 00000007ff', '77 00', '77 02 ffff', '7a 00000007 fffffffffe 01 61'),
      );
      expect(input.readInt()).to.equal(7);
      expect(input.readLong()).to.equal(-2n);
      expect(input.readBoolean()).to.equal(true);
      expect(input.readByte()).to.equal(0x61);
      expect(input.peek()).to.equal('end');
    });

    it('reads texts and bytes across the borders of records', () => {
      const text = utf('grün\0');
      const input = inputOf(
        stream(
          '77 01',
          text.subarray(0, 1),
          '77 03',
          text.subarray(1, 4),
          '77 07',
          text.subarray(4),
          '0102',
          '77 01 03',
        ),
      );
      expect(input.readUTF()).to.equal('grün\0');
      expect(input.readBytes(3).toString('hex')).to.equal('010203');
      expect(input.readBytes(0)).to.have.length(0);
    });

    it('reads boxes, and references to them', () => {
      const input = inputOf(
        stream(
          '73',
          integer,
          int(-5),
          ref(2),
          '73',
          long,
          'ffffffffffffffff',
          '73',
          boolean,
          '01',
          ref(6),
          '73',
          ref(5),
          '00',
          string('s'),
          ref(8),
          '70',
        ),
      );
      expect([input.readIntegerObject(), input.readIntegerObject()]).to.deep.equal([-5, -5]);
      expect(input.readLongObject()).to.equal(-1n);
      expect([input.readBooleanObject(), input.readBooleanObject(), input.readBooleanObject()]).to.deep.equal(
        [true, true, false],
      );
      expect([input.readStringObject(), input.readStringObject(), input.readStringObject()]).to.deep.equal([
        's',
        's',
        null,
      ]);
      expect(input.peek()).to.equal('end');
    });

    it('tells what stands next, and the class of an object, without moving', () => {
      const input = inputOf(
        stream(
          '77 00',
          '77 01 01',
          '73',
          integer,
          int(5),
          '70',
          string('x'),
          '76',
          classDesc('A', 2),
          '79',
          '7b 73',
          classDesc('X', 2),
        ),
      );
      expect([input.peek(), input.peek(), input.readByte()]).to.deep.equal(['primitive', 'primitive', 1]);
      expect([input.peek(), input.peekClassName(), input.readIntegerObject()]).to.deep.equal([
        'object',
        'java.lang.Integer',
        5,
      ]);
      expect([input.peekClassName(), input.readStringObject()]).to.deep.equal([null, null]);
      expect([input.peekClassName(), input.readStringObject()]).to.deep.equal(['java.lang.String', 'x']);
      expect(input.peekClassName()).to.equal('java.lang.Class');
      input.readObject();
      expect(input.peek()).to.equal('reset');
      input.skipException();
      expect(input.peek()).to.equal('end');
    });

    it('passes over resets, as ObjectInputStream does', () => {
      const input = inputOf(stream('79 79', string('x'), '79', '77 01 05'));
      expect(input.readStringObject()).to.equal('x');
      expect(input.readByte()).to.equal(5);
    });

    it('goes on behind an exception only when it is skipped', () => {
      const input = inputOf(
        stream(
          string('x'),
          '75',
          classDesc('[LO;', 2),
          int(2),
          '70',
          '7b 73',
          classDesc('X', 2),
          string('y'),
        ),
      );
      input.readObject();
      expect(thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => input.readObject()).message).to.include(
        'found exception',
      );
      input.skipException();
      expect(input.readStringObject()).to.equal('y');
      thrownBy('TRIBES_E_JAVA_TRUNCATED', () => input.skipException());
    });

    it('refuses objects where primitives stand, and primitives where objects stand', () => {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('77 01 00')).readObject());
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('77 01 00')).peekClassName());
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('77 01 00', '70')).readInt());
      thrownBy('TRIBES_E_JAVA_TRUNCATED', () => inputOf(stream('77 01 00')).readInt());
      thrownBy('TRIBES_E_JAVA_TRUNCATED', () => inputOf(stream()).readObject());
    });

    it('refuses boxes of another class, and of another form', () => {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('73', integer, int(5))).readLongObject());
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('70')).readIntegerObject());
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('73', integer, int(5))).readStringObject());
      const odd = classDesc('java.lang.Long', 2, [['L value', string('LX;')]]);
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('73', odd, '70')).readLongObject());
      const error = thrownBy('TRIBES_E_JAVA_UNEXPECTED', () =>
        inputOf(stream('70', string('x'))).readBooleanObject(),
      );
      expect(error.message).to.match(/^expected a Boolean, found null at (content 0|offset 4) /);
    });

    it('refuses negative lengths, and texts that a JVM refuses', () => {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('77 04 00000000')).readBytes(-1));
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => inputOf(stream('77 04 0002 c341')).readUTF());
      expect(inputOf(stream('77 04 0002 c181')).readUTF()).to.equal('A');
    });
  });
}

describe('scanInput', () => {
  const external = classDesc('External', 12);

  it('scans as it is read: what is broken further on does not matter before', () => {
    const input = scanInput(stream(string('a'), string('b'), 'ff'));
    expect([input.readStringObject(), input.readStringObject()]).to.deep.equal(['a', 'b']);
    thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => input.peek());
  });

  it('reads what an Externalizable wrote, with the handles of its stream', () => {
    const source = stream(
      string('shared'),
      '73',
      external,
      '77 01 07',
      ref(0),
      string('own'),
      ref(3),
      '78',
      string('behind'),
    );
    const [, object] = scanStream(source).values;
    const input = scanInput(object as ScannedValue);
    expect(input.readByte()).to.equal(7);
    expect([input.readStringObject(), input.readStringObject(), input.readStringObject()]).to.deep.equal([
      'shared',
      'own',
      'own',
    ]);
    expect(input.peek()).to.equal('end');
  });

  it('reads it as often as one likes, also when its class was written before', () => {
    const source = stream('73', external, '78', '73', ref(0), '73', ref(0), string('inner'), '78', '78');
    const [, object] = scanStream(source).values;
    for (let i = 0; i < 2; i++) {
      const outer = scanInput(object as ScannedValue);
      const inner = scanInput(outer.readObject());
      expect(inner.readStringObject()).to.equal('inner');
      expect([inner.peek(), outer.peek()]).to.deep.equal(['end', 'end']);
    }
  });

  it('reads it behind tens of thousands of handles', () => {
    const many = Array.from({ length: 40_000 }, (_, i) => string(`s${i}`));
    const source = stream(Buffer.concat(many), '73', external, ref(39_999), string('own'), ref(40_002), '78');
    const object = scanStream(source).values.at(-1) as ScannedValue;
    const input = scanInput(object);
    expect(input.readStringObject()).to.equal('s39999');
    expect([input.readStringObject(), input.readStringObject()]).to.deep.equal(['own', 'own']);
  });

  it('reads it the same way where a class skipped its fields', () => {
    const skipped = bytes('73', classDesc('Counter', 3, [['I count']]), '770400000007', '78');
    const [object] = scanStream(stream('73', external, skipped, string('x'), '78')).values;
    const input = scanInput(object as ScannedValue);
    input.readObject();
    expect(input.readStringObject()).to.equal('x');
  });

  it('refuses anything else', () => {
    const values = scanStream(stream('70', string('x'), '73', classDesc('Plain', 2), '76', external)).values;
    for (const value of values) {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => scanInput(value));
    }
  });
});

/** Both sorts of output write the same bytes. */
const outputs: Readonly<Record<string, (write: (output: ObjectOutput<never>) => void) => Buffer>> = {
  graphOutput: (write) => {
    const output = graphOutput();
    write(output);
    return writeStream({ contents: output.contents() });
  },
  spliceOutput: (write) => {
    const output = spliceOutput();
    write(output);
    return output.toBuffer();
  },
};

for (const [name, bytesOf] of Object.entries(outputs)) {
  describe(name, () => {
    it('gathers primitives in records of at most 1024 bytes, as a JVM does', () => {
      const written = bytesOf((output) => {
        output.writeBytes(Buffer.alloc(1022));
        output.writeInt(-1);
        output.writeBytes(Buffer.alloc(256));
      });
      const tail = Buffer.alloc(258);
      tail.fill(0xff, 0, 2);
      expect(written.equals(stream('7a 00000400', Buffer.alloc(1022), 'ffff', '7a 00000102', tail))).to.be
        .true;
    });

    it('ends a record where an object begins, and writes none that is empty', () => {
      const written = bytesOf((output) => {
        output.writeBytes(Buffer.alloc(0));
        output.writeStringObject(null);
        output.writeBoolean(true);
        output.writeByte(-1);
        output.writeStringObject('s');
        output.writeStringObject('s');
        output.writeUTF('é\0');
        output.writeLong(-2n);
      });
      expect(
        written.equals(
          stream('70', '77 02 01ff', string('s'), string('s'), '77 0e 0004 c3a9c080 fffffffffffffffe'),
        ),
      ).to.be.true;
    });

    it('writes boxes that any input reads again', () => {
      const written = bytesOf((output) => {
        output.writeIntegerObject(-1800);
        output.writeLongObject(1_700_000_000_000n);
        output.writeBooleanObject(false);
        output.writeIntegerObject(2 ** 31 - 1);
        output.writeStringObject('x'.repeat(70_000));
      });
      for (const inputOf of Object.values(inputs)) {
        const input = inputOf(written);
        expect(input.readIntegerObject()).to.equal(-1800);
        expect(input.readLongObject()).to.equal(1_700_000_000_000n);
        expect(input.readBooleanObject()).to.equal(false);
        expect(input.readIntegerObject()).to.equal(2 ** 31 - 1);
        expect(input.readStringObject()).to.have.length(70_000);
      }
    });

    it('refuses writeUTF of a text that takes more than 65535 bytes', () => {
      bytesOf((output) => output.writeUTF('é'.repeat(32_767)));
      thrownBy('TRIBES_E_JAVA_UNWRITABLE', () => bytesOf((output) => output.writeUTF('é'.repeat(32_768))));
    });
  });
}

describe('graphOutput', () => {
  it('goes on after its contents were taken', () => {
    const output = graphOutput();
    output.writeByte(1);
    expect(output.contents()).to.have.length(1);
    output.writeByte(2);
    output.writeObject({ kind: 'class', desc: descOf({ name: 'A', suid: 1n }) });
    const kinds = output.contents().map((content) => content?.kind);
    expect(kinds).to.deep.equal(['blockData', 'blockData', 'class']);
    expect(classNameOf(output.contents()[2] as JavaValue)).to.equal('java.lang.Class');
  });
});
