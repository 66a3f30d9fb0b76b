import { expect } from 'chai';
import {
  cut,
  fromJs,
  graphInput,
  graphOutput,
  plainView,
  readObject,
  readStream,
  scanInput,
  spliceOutput,
  writeStream,
  type JavaValue,
  type ObjectInput,
  type ScannedValue,
} from '../../src/java/index.js';
import {
  decodeDeltaSession,
  DIALECTS,
  encodeDeltaSession,
  learnDialect,
  NEWEST_DIALECT,
  principalOf,
  readSessionList,
  singleSignOnListenerOf,
  scanDeltaSession,
  spliceDeltaSession,
  writeSessionBody,
  writeSessionList,
  type BodyPrincipal,
  type Dialect,
  type DialectObservation,
  type SessionBody,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { hex, wireVectors, withOpaque, type WireVector } from './wire-vectors.js';

const lists = wireVectors(['05-', '08-'], /^payload of EVT_ALL_SESSION_DATA$/);
const objects = wireVectors(
  ['05-', '08-'],
  /session\.DeltaSession( as Java object \(replicated map value\))?$/,
);
const torn = wireVectors(['05-'], /attribute b half written$/);

/** A session as the vectors describe it. */
interface SessionFields {
  readonly id: string;
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly thisAccessedTime: number;
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  readonly version: number;
  readonly principal: string | null;
  readonly attributes: Record<string, unknown>;
  readonly aborted?: readonly string[];
}

function decode(
  bytes: Buffer,
  observe?: (observation: DialectObservation) => void,
): SessionBody<JavaValue>[] {
  return [...readSessionList(graphInput(readStream(bytes).contents), observe).sessions];
}

function encode(sessions: readonly SessionBody<JavaValue>[], dialect: Dialect): Buffer {
  const output = graphOutput();
  writeSessionList(sessions, output, dialect);
  return writeStream({ contents: output.contents() });
}

/** Reads without building anything, and puts together again from pieces. */
function recoded(input: ObjectInput<ScannedValue>): SessionBody<Buffer>[] {
  return [...readSessionList(input).sessions].map(cutBody);
}

function cutBody(body: SessionBody<ScannedValue>): SessionBody<Buffer> {
  const { principal, notes } = body;
  return {
    ...body,
    principal: principal && cutPrincipal(principal),
    notes: notes && { sessionId: cut([notes.sessionId]), request: cut([notes.request]) },
    attributes: body.attributes.map(({ name, value }) => ({ name, value: cut([value]) })),
    listeners: body.listeners.map((listener) => cut([listener])),
  };
}

function cutPrincipal(principal: BodyPrincipal<ScannedValue>): BodyPrincipal<Buffer> {
  if (principal.kind === 'object') {
    return { kind: 'object', value: cut([principal.value]) };
  }
  const { userPrincipal, ...rest } = principal.principal;
  return { kind: 'ha', principal: { ...rest, userPrincipal: userPrincipal && cut([userPrincipal]) } };
}

function principalName({ principal }: SessionBody<JavaValue>): string | null {
  if (principal === null) {
    return null;
  }
  return principal.kind === 'ha' ? principal.principal.name : principalOf(principal.value).name;
}

function expectSession(session: SessionBody<JavaValue>, fields: SessionFields): void {
  const { id, maxInactiveInterval, isNew, isValid } = session;
  const attributes = session.attributes.map(({ name, value }): [string, unknown] => [name, plainView(value)]);
  expect({
    id,
    maxInactiveInterval,
    isNew,
    isValid,
    creationTime: Number(session.creationTime),
    lastAccessedTime: Number(session.lastAccessedTime),
    thisAccessedTime: Number(session.thisAccessedTime),
    version: Number(session.version),
    principal: principalName(session),
    attributes: Object.fromEntries(attributes),
    aborted: session.aborted,
  }).to.deep.equal({ aborted: [], ...fields });
}

/** The dialect in which the vector was written: some vectors of 9.0.70 have note slots, by a setting of its manager. */
function dialectOf({ name, dialect }: WireVector): Dialect {
  return name === 'sessions-persist-authentication-notes' ? { ...dialect, noteSlots: 'yes' } : dialect;
}

function vectorOf(name: string, file: string): Buffer {
  return (
    lists.find((vector) => vector.name === name && vector.file.includes(file))?.bytes ?? expect.fail(name)
  );
}

describe('session list', () => {
  for (const vector of lists) {
    const { name, file, bytes, fields } = vector;
    it(`decodes ${name} of ${file}`, () => {
      const { count, sessions } = readSessionList(graphInput(readStream(bytes).contents));
      const read = [...sessions];
      expect(read).to.have.lengthOf(count);
      const expected = fields['sessions'] as SessionFields[] | undefined;
      expected?.forEach((session, index) => expectSession(read[index] ?? expect.fail(), session));
      if ('id' in fields) {
        expect(read.map(({ id }) => id)).to.deep.equal([fields['id']]);
        expect(read.map(principalName)).to.deep.equal([fields['principal'] ?? null]);
      }
    });

    it(`is the same when ${name} of ${file} was written and read again`, () => {
      const sessions = decode(bytes).map((session) => ({ ...session, aborted: [] }));
      expect(decode(encode(sessions, dialectOf(vector)))).to.deep.equal(sessions);
    });

    // Texts that are one object there: id and note, an attribute and the name of a principal. And of an aborted attribute
    // its Tomcat wrote half.
    if (!/^sessions-(with-note|persist-authentication-notes|three|aborted-attribute)$/.test(name)) {
      it(`is written as the Tomcat of ${file} wrote ${name}, without building its values`, () => {
        const output = spliceOutput();
        writeSessionList(recoded(scanInput(bytes)), output, dialectOf(vector));
        expect(hex(output.toBuffer())).to.equal(hex(bytes));
      });
    }

    it(`has note slots in ${name} of ${file} exactly where its Tomcat writes them`, () => {
      const withSlots = decode(bytes).filter(({ notes }) => notes !== null);
      const writes = dialectOf(vector).noteSlots === 'yes';
      expect(withSlots.length).to.equal(writes ? decode(bytes).length : 0);
    });
  }

  it('goes on behind an attribute that could not be serialised', () => {
    for (const bytes of [
      vectorOf('sessions-aborted-attribute', '10.1'),
      vectorOf('sessions-aborted-attribute', '9.0'),
    ]) {
      const [session] = decode(bytes);
      expect(session?.attributes.map(({ name }) => name)).to.deep.equal(['a', 'c']);
      expect(session?.aborted).to.deep.equal(['b']);
      expect(session?.listeners).to.deep.equal([]);
    }
  });

  it('ends at an attribute that only its class can read, and keeps what came before', () => {
    const bytes = withOpaque(vectorOf('sessions-one-with-attributes', '10.1'), 'alice');
    const { contents, opaque } = readStream(bytes);
    for (const input of [scanInput(bytes), graphInput(contents, opaque)]) {
      const { sessions } = readSessionList<unknown>(input);
      const [session] = sessions;
      expect(session?.attributes.map(({ name }) => name)).to.deep.equal(['count']);
      expect(session?.listeners).to.deep.equal([]);
      expect(session?.brokenOff?.name).to.equal('user');
      expect(session?.brokenOff?.cause.code).to.equal('TRIBES_E_JAVA_OPAQUE');
    }
  });

  it('has the session-id note in its slot', () => {
    const [session] = decode(vectorOf('sessions-with-note', '10.1'));
    expect(session?.notes && plainView(session.notes.sessionId)).to.equal('CCCC');
    expect(session?.notes?.request).to.equal(null);
  });

  it('has the listeners as objects', () => {
    const [session] = decode(vectorOf('sessions-principal-and-listener', '10.1'));
    expect(session?.listeners.map((listener) => singleSignOnListenerOf(listener).ssoId)).to.deep.equal([
      'SSO-ID-1',
    ]);
  });

  it('has the principal of a 7.0 as plain data', () => {
    const [session] = decode(vectorOf('sessions-principal', '7.0'));
    expect(session?.principal).to.deep.equal({
      kind: 'ha',
      principal: { name: 'alice', password: 'secret', roles: ['admin', 'user'], userPrincipal: null },
    });
    expect(() => encode(session ? [session] : [], DIALECTS['tomcat-7.0.104'])).to.not.throw();
    thrownBy('TRIBES_E_WIRE_UNENCODABLE', () => encode(session ? [session] : [], DIALECTS['tomcat-10.1.0']));
  });

  it('may have a principal of 7.0 that wraps another one', () => {
    const principal = { name: 'alice', password: null, roles: [], userPrincipal: fromJs('wrapped') };
    const [session] = decode(vectorOf('sessions-principal', '7.0'));
    const body = { ...(session ?? expect.fail()), principal: { kind: 'ha', principal } as const };
    expect(decode(encode([body], DIALECTS['tomcat-7.0.104']))).to.deep.equal([body]);
  });

  it('can be written for a peer that does not know note slots', () => {
    const [session] = decode(vectorOf('sessions-with-note', '10.1'));
    for (const noteSlots of ['no', 'unknown'] as const) {
      const bytes = encode(session ? [session] : [], { ...NEWEST_DIALECT, noteSlots });
      expect(decode(bytes)).to.deep.equal([{ ...session, notes: null }]);
    }
  });

  it('teaches whether its sender writes note slots', () => {
    for (const { name, file, bytes, dialect } of lists.filter(({ file: it }) => it.startsWith('08-'))) {
      let learned: Dialect = NEWEST_DIALECT;
      decode(bytes, (observation) => {
        learned = learnDialect(learned, observation);
      });
      const expected = dialect.noteSlots === 'yes' ? 'yes' : 'no';
      expect(learned.noteSlots, `${name} of ${file}`).to.equal(expected);
    }
  });

  it('is read one session at a time', () => {
    const bytes = vectorOf('sessions-three', '10.1');
    const contents = readStream(bytes).contents.slice(0, -8);
    const { count, sessions } = readSessionList(graphInput(contents));
    expect(count).to.equal(3);
    const read: string[] = [];
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () => {
      for (const { id } of sessions) {
        read.push(id);
      }
    });
    expect(read).to.have.lengthOf(2);
  });

  it('never makes a property of an attribute name', () => {
    const [session] = decode(vectorOf('sessions-one-new', '10.1'));
    const attributes = [{ name: '__proto__', value: fromJs('x') }];
    const [read] = decode(encode(session ? [{ ...session, attributes }] : [], NEWEST_DIALECT));
    expect(read?.attributes).to.deep.equal(attributes);
  });

  describe('refuses', () => {
    it('negative numbers of sessions, attributes and listeners', () => {
      const output = graphOutput();
      output.writeIntegerObject(-1);
      thrownBy('TRIBES_E_WIRE_FIELD', () => readSessionList(graphInput(output.contents())));
      const contents = readStream(vectorOf('sessions-one-new', '10.1')).contents;
      for (const fromEnd of [1, 2]) {
        const negative = contents.with(-fromEnd, readObject(writeStream({ contents: [fromJs(-1)] })));
        thrownBy('TRIBES_E_WIRE_FIELD', () => [...readSessionList(graphInput(negative)).sessions]);
      }
    });

    it('a session without id, and an attribute without name', () => {
      const contents = readStream(vectorOf('sessions-one-with-attributes', '10.1')).contents;
      const texts = contents.flatMap((content, index) => (content?.kind === 'string' ? [index] : []));
      for (const index of texts.slice(0, 2)) {
        thrownBy('TRIBES_E_WIRE_FIELD', () => [
          ...readSessionList(graphInput(contents.with(index, null))).sessions,
        ]);
      }
    });
  });
});

describe('session object', () => {
  for (const vector of objects) {
    const { name, file, bytes, fields, dialect } = vector;
    it(`decodes ${name} of ${file}`, () => {
      const session = decodeDeltaSession(bytes);
      const [expected] = (fields['sessions'] ?? []) as SessionFields[];
      expect(session.id).to.equal(expected?.id ?? fields['id']);
      if (expected) {
        expectSession(session, expected);
      }
    });

    it(`is the same when ${name} of ${file} was written and read again`, () => {
      const session = decodeDeltaSession(bytes);
      expect(decodeDeltaSession(encodeDeltaSession(session, dialect))).to.deep.equal(session);
    });

    it(`is written as the Tomcat of ${file} wrote ${name}, without building its values`, () => {
      const body = cutBody(scanDeltaSession(bytes));
      const spliced = spliceDeltaSession(dialect, (output) => writeSessionBody(body, output, dialect));
      expect(hex(spliced)).to.equal(hex(bytes));
    });

    it(`teaches from ${name} of ${file} the UID of its Tomcat`, () => {
      let learned: Dialect = NEWEST_DIALECT;
      decodeDeltaSession(bytes, (observation) => {
        learned = learnDialect(learned, observation);
      });
      expect(learned.deltaSessionUid).to.equal(dialect.deltaSessionUid);
    });
  }

  for (const { name, file, bytes } of torn) {
    it(`is lost when an attribute broke off: ${name} of ${file}`, () => {
      thrownBy('TRIBES_E_JAVA_OPAQUE', () => decodeDeltaSession(bytes));
    });
  }
});
