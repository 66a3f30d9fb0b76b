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
  type ScannedValue,
} from '../../src/java/index.js';
import {
  decodeDeltaRequest,
  DeltaActionName,
  deltaRequestOf,
  encodeDeltaRequest,
  principalOf,
  singleSignOnListenerOf,
  type DeltaAction,
  type DeltaRequest,
  type DialectObservation,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { hex, wireVectors, withOpaque } from './wire-vectors.js';

const vectors = wireVectors(['05-', '08-'], /DeltaRequest\.serialize\(\)$/);

/** `DeltaRequest.TYPE_*` and `ACTION_*`. */
const TYPE_CODES = ['attribute', 'principal', 'isNew', 'maxInactiveInterval', 'authType', 'listener', 'note'];
const ACTION_CODES = ['set', 'remove'];

function decode(bytes: Buffer): DeltaRequest<JavaValue> {
  return decodeDeltaRequest(graphInput(readStream(bytes).contents));
}

function encode(delta: DeltaRequest<JavaValue>): Buffer {
  const output = graphOutput();
  encodeDeltaRequest(delta, output);
  return writeStream({ contents: output.contents() });
}

/** Read without building anything, and put together again from pieces. */
function recoded(bytes: Buffer): Buffer {
  const { actions, ...rest } = decodeDeltaRequest(scanInput(bytes));
  const output = spliceOutput();
  encodeDeltaRequest({ ...rest, actions: actions.map(cutAction) }, output);
  return output.toBuffer();
}

function cutAction(action: DeltaAction<ScannedValue>): DeltaAction<Buffer> {
  switch (action.type) {
    case 'isNew':
    case 'maxInactiveInterval':
    case 'authType':
      return action;
    default:
      return { ...action, value: action.value && cut([action.value]) };
  }
}

/** A value as the vectors describe it. */
function shown(action: DeltaAction<JavaValue>): unknown {
  switch (action.type) {
    case 'isNew':
    case 'maxInactiveInterval':
    case 'authType':
      return action.value ?? null;
    case 'principal': {
      const principal = action.value && principalOf(action.value);
      return principal ? `${String(principal.name)}(${principal.roles?.join() ?? ''})` : null;
    }
    case 'listener':
      return singleSignOnListenerOf(action.value ?? null).ssoId;
    default:
      return action.value === undefined ? null : plainView(action.value);
  }
}

/** A delta request in its stream, primitives only. */
function delta(...actions: { type: number; action: number; name: string; value?: JavaValue }[]): Buffer {
  const output = graphOutput();
  output.writeUTF('ID');
  output.writeBoolean(false);
  output.writeInt(actions.length);
  for (const { type, action, name, value } of actions) {
    output.writeInt(type);
    output.writeInt(action);
    output.writeUTF(name);
    output.writeBoolean(value !== undefined);
    if (value !== undefined) {
      output.writeObject(value);
    }
  }
  return writeStream({ contents: output.contents() });
}

describe('delta request', () => {
  for (const { name, file, bytes, fields } of vectors) {
    it(`decodes ${name} of ${file}`, () => {
      const decoded = decode(bytes);
      if ('sessionId' in fields) {
        expect(decoded.sessionId).to.equal(fields['sessionId']);
      }
      expect(decoded.recordAllActions).to.equal(fields['recordAllActions'] ?? false);
      if (Array.isArray(fields['actions'])) {
        const seen = decoded.actions.map((action) => ({
          type: TYPE_CODES.indexOf(action.type),
          action: ACTION_CODES.indexOf(action.action),
          name: action.name,
          value: shown(action),
        }));
        expect(seen).to.deep.equal(fields['actions']);
      }
      if (typeof fields['actions'] === 'number') {
        expect(decoded.actions).to.have.lengthOf(fields['actions']);
      }
    });

    it(`is the same when ${name} of ${file} was written and read again`, () => {
      const decoded = decode(bytes);
      expect(decode(encode(decoded))).to.deep.equal(decoded);
    });

    it(`is written as the Tomcat of ${file} wrote ${name}, without building its values`, () => {
      expect(hex(recoded(bytes))).to.equal(hex(bytes));
    });
  }

  it('has the principal in the form of each line', () => {
    const forms = new Map<string, DialectObservation[]>();
    for (const { file, bytes } of vectors.filter(({ name }) => name === 'delta-principal-authtype')) {
      const [principal, authType] = decode(bytes).actions;
      const seen: DialectObservation[] = [];
      expect(principal?.type === 'principal' && principal.value).to.be.an('object');
      const { name, roles } = principalOf((principal as { value: JavaValue }).value, (it) => seen.push(it));
      expect({ name, roles, authType: authType?.value }).to.deep.equal({
        name: 'alice',
        roles: ['admin', 'user'],
        authType: 'FORM',
      });
      forms.set(file, seen);
    }
    expect(Object.fromEntries(forms)).to.deep.equal({
      '08-branch-forms-tomcat7.0.109.json': [{ seen: 'principal', form: 'ha' }],
      '08-branch-forms-tomcat8.5.100.json': [{ seen: 'principal', form: 'password' }],
      '08-branch-forms-tomcat9.0.121.json': [{ seen: 'principal', form: 'attributes-password' }],
      '08-branch-forms-tomcat10.1.59.json': [{ seen: 'principal', form: 'attributes' }],
      '08-branch-forms-tomcat11.0.25.json': [{ seen: 'principal', form: 'attributes' }],
    });
  });

  it('tells that its sender understands NOTE actions when there is one', () => {
    for (const { name, bytes } of vectors) {
      const seen: DialectObservation[] = [];
      decodeDeltaRequest(graphInput(readStream(bytes).contents), (observation) => seen.push(observation));
      expect(seen, name).to.deep.equal(/^delta-note/.test(name) ? [{ seen: 'noteAction' }] : []);
    }
  });

  it('is also read where it was written as an object', () => {
    for (const { bytes } of wireVectors(['05-'], /DeltaRequest as Java object$/)) {
      const { actions } = deltaRequestOf(readObject(bytes));
      expect(actions.map(({ name }) => name)).to.deep.equal(['cart', 'names', 'when']);
    }
  });

  it('keeps actions of a type that it does not know', () => {
    const bytes = delta(
      { type: 9, action: 0, name: 'x', value: fromJs('y') },
      { type: -1, action: 1, name: 'z' },
    );
    const { actions } = decode(bytes);
    expect(actions.map(({ type, name }) => [type, name])).to.deep.equal([
      ['unknown', 'x'],
      ['unknown', 'z'],
    ]);
    expect(encode(decode(bytes)).equals(bytes)).to.equal(true);
  });

  it('takes a null object for no authentication type, and keeps a null attribute', () => {
    const bytes = delta(
      { type: 4, action: 0, name: 'a', value: null },
      { type: 0, action: 0, name: 'b', value: null },
    );
    expect(decode(bytes).actions.map(({ value }) => value)).to.deep.equal([undefined, null]);
  });

  it('never makes a property of a name', () => {
    const bytes = delta({ type: 0, action: 0, name: '__proto__', value: fromJs('x') });
    expect(decode(bytes).actions[0]).to.deep.include({ name: '__proto__' });
  });

  it('ends at a value that only its class can read, and keeps what came before', () => {
    const ahead = delta(
      { type: 0, action: 0, name: 'a', value: fromJs('x') },
      { type: 0, action: 0, name: 'b', value: fromJs('to be replaced') },
      { type: 0, action: 0, name: 'c', value: fromJs('y') },
    );
    const bytes = withOpaque(ahead, 'to be replaced');
    for (const { actions, brokenOff } of [
      decodeDeltaRequest(scanInput(bytes)),
      decodeDeltaRequest(graphInput(readStream(bytes).contents, readStream(bytes).opaque)),
    ]) {
      expect(actions.map(({ name }) => name)).to.deep.equal(['a']);
      expect(brokenOff).to.include({ type: 'attribute', action: 'set', name: 'b' });
      expect(brokenOff?.cause.code).to.equal('TRIBES_E_JAVA_OPAQUE');
    }
  });

  describe('refuses', () => {
    it('an action that is neither set nor remove', () => {
      thrownBy('TRIBES_E_WIRE_FIELD', () => decode(delta({ type: 0, action: 2, name: 'a' })));
    });

    it('a negative number of actions, and one that is not there', () => {
      const empty = delta();
      const wrong = Buffer.from(empty);
      wrong.writeInt32BE(-1, empty.length - 4);
      thrownBy('TRIBES_E_WIRE_FIELD', () => decode(wrong));
      wrong.writeInt32BE(2 ** 31 - 1, empty.length - 4);
      thrownBy('TRIBES_E_JAVA_TRUNCATED', () => decode(wrong));
    });

    it('scalars without a value, or of another class', () => {
      const { ISNEW, MAXINTERVAL } = DeltaActionName;
      thrownBy('TRIBES_E_WIRE_FIELD', () => decode(delta({ type: 2, action: 0, name: ISNEW })));
      thrownBy('TRIBES_E_WIRE_FIELD', () => decode(delta({ type: 3, action: 0, name: MAXINTERVAL })));
      const text = fromJs('true');
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () =>
        decode(delta({ type: 2, action: 0, name: ISNEW, value: text })),
      );
    });
  });
});
