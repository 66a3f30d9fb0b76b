import { expect } from 'chai';
import { defaultJavaLimits } from '../../../src/base/index.js';
import { fromJs, readObject, spliceOutput, uncutValueOf, writeStream } from '../../../src/java/index.js';
import { readDelta, readTransfer, type Shortcoming } from '../../../src/session/message/message-reader.js';
import type { SessionDelta } from '../../../src/session/message/session-delta.js';
import type { TransferredSession } from '../../../src/session/session-changes.js';
import {
  encodeDeltaRequest,
  principalOf,
  writeSessionList,
  type DeltaAction,
  type DialectObservation,
} from '../../../src/wire/index.js';
import { thrownBy } from '../../support/errors.js';
import { vectorFiles } from '../../support/vectors.js';
import { stringStream, valuesOf } from '../support/streams.js';

/** A value that has no end for who does not know its class: what stands behind it is part of it. */
function externalizableV1(): Buffer {
  const vectors = [...vectorFiles('06-stream-grammar').values()].flat();
  const found = vectors.find(({ name }) => name === 'externalizable-v1');
  if (found === undefined) {
    throw new Error('no vector externalizable-v1');
  }
  return found.bytes.subarray(4);
}

/** A delta request of actions whose values are written as they are given. */
function deltaOf(actions: readonly DeltaAction<Buffer>[]): Buffer {
  const output = spliceOutput();
  encodeDeltaRequest({ sessionId: 'S', recordAllActions: true, actions }, output);
  return output.toBuffer();
}

const attribute = (name: string, value: Buffer | undefined): DeltaAction<Buffer> => ({
  type: 'attribute',
  action: value === undefined ? 'remove' : 'set',
  name,
  value,
});

/** A record of block data. */
function block(...parts: readonly Iterable<number>[]): Buffer {
  const bytes = parts.flatMap((part) => [...part]);
  return Buffer.from([0x77, bytes.length, ...bytes]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function utf(text: string): Buffer {
  return Buffer.from([0, text.length, ...Buffer.from(text, 'latin1')]);
}

const EXTERNALIZABLE = 'JdkVectors$Ext';

const NULL = Buffer.from('aced000570', 'hex');

describe('readDelta', () => {
  let shortcomings: Shortcoming[];
  let seen: DialectObservation[];

  beforeEach(() => {
    shortcomings = [];
    seen = [];
  });

  function read(payload: Buffer): SessionDelta {
    return readDelta(
      payload,
      (observation) => seen.push(observation),
      (shortcoming) => shortcomings.push(shortcoming),
    );
  }

  it('sums up the actions: the last one on each name counts', () => {
    const delta = read(
      deltaOf([
        attribute('a', stringStream('1')),
        attribute('b', stringStream('1')),
        attribute('a', stringStream('2')),
        attribute('b', undefined),
        attribute('c', undefined),
        attribute('c', stringStream('3')),
      ]),
    );
    expect(valuesOf(delta.attributes.set)).to.deep.equal({ a: '2', c: '3' });
    expect(delta.attributes.removed).to.deep.equal(['b']);
  });

  it('takes a null value as a removal, as StandardSession.setAttribute does', () => {
    expect(read(deltaOf([attribute('a', NULL)])).attributes).to.deep.equal({ set: [], removed: ['a'] });
  });

  it('keeps attributes and notes of the same name apart', () => {
    const note: DeltaAction<Buffer> = { type: 'note', action: 'set', name: 'a', value: stringStream('note') };
    const delta = read(deltaOf([attribute('a', stringStream('attribute')), note]));
    expect(valuesOf(delta.attributes.set)).to.deep.equal({ a: 'attribute' });
    expect(valuesOf(delta.notes.set)).to.deep.equal({ a: 'note' });
    expect(seen).to.deep.equal([{ seen: 'noteAction' }]);
  });

  it('has nothing for an ISNEW action, which does not outlive its delta, nor for one that is not known', () => {
    const delta = read(
      deltaOf([
        { type: 'isNew', action: 'set', name: '__SET__ISNEW__', value: true },
        { type: 'unknown', code: 9, action: 'set', name: 'x', value: stringStream('?') },
      ]),
    );
    expect(delta).to.deep.equal({
      attributes: { set: [], removed: [] },
      notes: { set: [], removed: [] },
      listeners: [],
    });
  });

  it('takes the removal of principal and authentication type as such', () => {
    const delta = read(
      deltaOf([
        { type: 'principal', action: 'remove', name: '__SET__PRINCIPAL__', value: undefined },
        { type: 'authType', action: 'remove', name: '__SET__AUTHTYPE__', value: undefined },
      ]),
    );
    expect(delta).to.deep.include({ principal: null, authType: null });
  });

  it('learns the form of principals, and keeps one of an unknown class as it is', () => {
    const principals = [...vectorFiles('05-session-replication-tomcat9').values()].flat();
    const known = principals.find(({ name }) => name === 'principal')?.bytes ?? NULL;
    const set = (value: Buffer): DeltaAction<Buffer> => ({
      type: 'principal',
      action: 'set',
      name: 'p',
      value,
    });
    expect(read(deltaOf([set(known)])).principal?.equals(known)).to.equal(true);
    expect(seen).to.deep.equal([{ seen: 'principal', form: 'attributes-password' }]);
    expect(read(deltaOf([set(stringStream('somebody'))])).principal).to.deep.equal(stringStream('somebody'));
  });

  describe('where a value is opaque', () => {
    /** before = 1, then an opaque value of the given type of action, then something that nobody can find. */
    function broken(type: number): Buffer {
      const begin = block(utf('S'), [1], int(3), int(0), int(0), utf('before'), [1]);
      const opaque = block(int(type), int(0), utf('ext'), [1]);
      const string = stringStream('1').subarray(4);
      const header = Buffer.from('aced0005', 'hex');
      return Buffer.concat([
        header,
        begin,
        string,
        opaque,
        externalizableV1(),
        block(int(0), int(1), utf('x'), [0]),
      ]);
    }

    it('keeps it with all that stands behind it, and what stands before it as usual', () => {
      const payload = broken(0);
      const { set } = read(payload).attributes;
      expect(valuesOf(set.filter(({ uncut }) => uncut !== true))).to.deep.equal({ before: '1' });
      expect(set.at(-1)).to.deep.include({ names: ['ext'], uncut: true });
      expect(uncutValueOf(set.at(-1)?.stream ?? NULL, defaultJavaLimits)).to.deep.equal({
        reason: 'externalizable-v1',
        className: EXTERNALIZABLE,
        bytes: payload.subarray(payload.indexOf(externalizableV1())),
      });
      expect(shortcomings.map(({ kind, name }) => [kind, name])).to.deep.equal([['uncut', 'ext']]);
      expect(shortcomings[0]?.why).to.include('JdkVectors$Ext');
    });

    it('does not hold on to the message that brought it', () => {
      const payload = broken(0);
      const kept = read(payload).attributes.set.at(-1)?.stream;
      const before = kept?.toString('hex');
      payload.fill(0);
      expect(kept?.toString('hex')).to.equal(before);
    });

    it('keeps no more for it than the limit allows', () => {
      const payload = broken(0);
      const needed = payload.length - payload.indexOf(externalizableV1());
      const namesUpTo = (maxUncutBytes: number): string[] => {
        const report = (shortcoming: Shortcoming): number => shortcomings.push(shortcoming);
        const { attributes } = readDelta(payload, () => undefined, report, defaultJavaLimits, maxUncutBytes);
        return attributes.set.flatMap(({ names }) => names);
      };
      expect(namesUpTo(needed)).to.deep.equal(['before', 'ext']);
      expect(namesUpTo(needed - 1)).to.deep.equal(['before']);
      expect(shortcomings.map(({ kind }) => kind)).to.deep.equal(['uncut', 'lost']);
    });

    it('says so where it is no attribute, and leaves the field alone', () => {
      const delta = read(broken(1));
      expect(valuesOf(delta.attributes.set)).to.deep.equal({ before: '1' });
      expect(delta.principal).to.equal(undefined);
      expect(shortcomings.map(({ kind }) => kind)).to.deep.equal(['lost']);
    });
  });

  it('refuses what is no delta', () => {
    thrownBy('TRIBES_E_JAVA_HEADER', () => read(Buffer.from('text')));
    thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => read(stringStream('text')));
  });
});

describe('readTransfer', () => {
  let shortcomings: Shortcoming[];

  function read(payload: Buffer): TransferredSession[] {
    shortcomings = [];
    return [
      ...readTransfer(
        payload,
        () => undefined,
        (shortcoming) => shortcomings.push(shortcoming),
      ),
    ];
  }

  const states = (prefix: string): Map<string, Buffer> =>
    new Map(
      [...vectorFiles(prefix)]
        .flatMap(([, vectors]) => vectors)
        .filter(({ class: javaClass }) => javaClass === 'payload of EVT_ALL_SESSION_DATA')
        .map(({ name, bytes }) => [name, bytes]),
    );

  it('reads the states of every line of Tomcat', () => {
    for (const release of ['7.0.109', '8.5.100', '9.0.121', '10.1.59', '11.0.25']) {
      for (const [name, payload] of states(`08-branch-forms-tomcat${release}`)) {
        const [session] = read(payload);
        expect(session?.id, `${release} ${name}`).to.equal('0123456789ABCDEF.node1');
        const principal = session?.principal && principalOf(readObject(session.principal));
        expect(principal?.name, `${release} ${name}`).to.equal(
          name === 'sessions-principal' ? 'alice' : undefined,
        );
        expect(session?.notes === null, `${release} ${name}`).to.equal(!/^1[01]/.test(release));
      }
    }
  });

  it('keeps the note that stands in a slot', () => {
    const [session] = read(states('05-session-replication-tomcat10').get('sessions-with-note') ?? NULL);
    expect(session?.notes?.map(({ names }) => names)).to.deep.equal([
      ['org.apache.catalina.authenticator.SESSION_ID'],
    ]);
  });

  it('says which values their sender gave up', () => {
    const [session] = read(
      states('05-session-replication-tomcat10').get('sessions-aborted-attribute') ?? NULL,
    );
    expect(valuesOf(session?.attributes ?? [])).to.deep.equal({ a: 'x', c: 'y' });
    expect(shortcomings.map(({ kind, name }) => [kind, name])).to.deep.equal([['aborted', 'b']]);
  });

  it('leaves out an attribute that is null', () => {
    const output = spliceOutput();
    const session = {
      creationTime: 1n,
      lastAccessedTime: 2n,
      thisAccessedTime: 3n,
      maxInactiveInterval: 60,
      isNew: false,
      isValid: true,
      version: 0n,
      principal: null,
      id: 'S',
      notes: null,
      attributes: [
        { name: 'none', value: NULL },
        { name: 'list', value: writeStream({ contents: [fromJs([])] }) },
      ],
      aborted: [],
      listeners: [NULL],
    };
    writeSessionList([session], output, { noteSlots: 'no', principalForm: 'attributes' });
    const [first] = read(output.toBuffer());
    expect(first?.attributes.map(({ names }) => names)).to.deep.equal([['list']]);
    expect(first?.listeners).to.deep.equal([]);
  });

  it('keeps an opaque value, hands out the session, and says that nothing can be read behind it', () => {
    const { payload } = opaqueState('05-session-replication-tomcat10', 'sessions-one-with-attributes');
    const sessions: TransferredSession[] = [];
    thrownBy('TRIBES_E_JAVA_OPAQUE', () => {
      shortcomings = [];
      const walk = readTransfer(
        payload,
        () => undefined,
        (shortcoming) => shortcomings.push(shortcoming),
      );
      for (const session of walk) {
        sessions.push(session);
      }
    });
    expect(sessions).to.have.lengthOf(1);
    const names = sessions[0]?.attributes.map((group) => `${group.names.join()} ${group.uncut ?? false}`);
    expect(names).to.include('user true');
    expect(shortcomings.map(({ kind, name }) => [kind, name])).to.deep.equal([['uncut', 'user']]);
  });

  it('keeps nothing for it of what stands before it in the state, such as other sessions', () => {
    const { payload, at } = opaqueState('05-session-replication-tomcat9', 'sessions-three');
    const walk = readTransfer(
      payload,
      () => undefined,
      () => undefined,
    );
    const kept = walk.next().value?.attributes.find(({ uncut }) => uncut)?.stream ?? NULL;
    expect(uncutValueOf(kept, defaultJavaLimits)?.bytes).to.deep.equal(payload.subarray(at));
  });

  /** A state whose attribute `user`, a string, gave way to a value that is opaque; and where that stands. */
  function opaqueState(file: string, name: string): { readonly payload: Buffer; readonly at: number } {
    const state = states(file).get(name) ?? NULL;
    const at = state.indexOf(Buffer.from('740005616c696365', 'hex'));
    const payload = Buffer.concat([state.subarray(0, at), externalizableV1(), state.subarray(at + 8)]);
    return { payload, at };
  }
});
