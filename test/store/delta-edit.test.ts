import { expect } from 'chai';
import { silentLogger, type DeferredDelta, type SessionRecord } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { encodeDelta } from '../../src/store/delta-edit.js';
import { RecordCodec, type RecordParts } from '../../src/store/record-codec.js';
import { applyEdit } from '../../src/store/record-edit.js';
import { deltaPayload } from '../support/delta-payload.js';
import { thrownBy } from '../support/errors.js';
import { fullRecord, javaString, plain, sessionRecord } from './session-records.js';

describe('the edit of a record by a delta', () => {
  const codec = new RecordCodec(new DescriptorTable({ logger: silentLogger }));
  const before = sessionRecord({
    isNew: true,
    attributes: ['a', 'b', 'c'].map((name) => ({ names: [name], stream: javaString(name) })),
    principal: javaString('a principal'),
    notes: [{ names: ['note'], stream: javaString('a note') }],
    listeners: [javaString('a listener')],
  });

  function applied(payload: Buffer | null, record: SessionRecord = before, upon = record): RecordParts {
    const delta = { payload, sender: record.source, timestamp: 5, receivedAt: 6 } as DeferredDelta;
    return applyEdit(codec.encode(upon), Buffer.from(encodeDelta(record, delta)));
  }

  const decoded = (parts: RecordParts): SessionRecord | undefined =>
    plain(codec.decode(before.context, parts));
  const accessed = { isNew: false, lastAccessedTime: 5, thisAccessedTime: 5, receivedAt: 6, version: 2 };

  it('sets in place, adds behind, removes, and leaves everything else', () => {
    const set = [
      { names: ['b'], stream: javaString('new') },
      { names: ['d'], stream: javaString('d') },
    ];
    const payload = deltaPayload('S', { set, removed: ['a', 'x'], maxInactiveInterval: 77 });
    expect(decoded(applied(payload))).to.eql({
      ...before,
      ...accessed,
      maxInactiveInterval: 77,
      attributes: [set[0], before.attributes[2], set[1]],
    });
  });

  it('is an access where there is no delta', () => {
    expect(decoded(applied(null))).to.eql({ ...before, ...accessed });
  });

  it('is carried out though the quick way does not read the delta', () => {
    const twice = ['old', 'new'].map((value) => ({ names: ['b'], stream: javaString(value) }));
    const payload = deltaPayload('S', { set: twice, removed: ['c'], maxInactiveInterval: 5 });
    expect(decoded(applied(payload))).to.eql({
      ...before,
      ...accessed,
      maxInactiveInterval: 5,
      attributes: [before.attributes[0], twice[1]],
    });
  });

  it('is refused where it cannot be read, upon another record, and where values share something', () => {
    const refused = (make: () => unknown): string => thrownBy('TRIBES_E_STORE_RECORD', make).message;
    expect(refused(() => applied(Buffer.from('no delta')))).to.contain('a delta that can be read');
    expect(refused(() => applied(null, before, { ...before, version: 9 }))).to.contain('version 1');
    expect(refused(() => applied(null, fullRecord))).to.contain('no values share anything');
    expect(refused(() => applyEdit(undefined, Buffer.from(encodeDelta(before, DELTA))))).to.contain('none');
  });
});

const DELTA = { payload: null, timestamp: 5, receivedAt: 6 } as DeferredDelta;
