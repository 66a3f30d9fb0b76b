import { expect } from 'chai';
import type { SessionRecord } from '../../src/base/index.js';
import {
  createdSession,
  transferredSession,
  withAccess,
  withDelta,
  withTransfer,
} from '../../src/session/session-changes.js';
import { emptyDelta } from '../../src/session/message/session-delta.js';
import { groups } from './support/streams.js';
import { A, APP, B, donated, S } from './support/rig.js';

const stamp = { sender: A, timestamp: 1000 };
const created = createdSession(APP, S, stamp, 2000);
const transferred = transferredSession(APP, donated(S, { a: '1' }), B, 3000);

describe('records of sessions', () => {
  it('have the same fields in the same order, whatever they came by: engines make one class of them', () => {
    const delta = { ...emptyDelta, attributes: { set: groups({ a: '1' }), removed: [] } };
    const records: SessionRecord[] = [
      transferred,
      withAccess(created, stamp, 4000),
      withDelta(created, delta, stamp, 4000, false),
      withTransfer(created, transferred, true, new Set()),
    ];
    for (const record of records) {
      expect(Object.keys(record)).to.deep.equal(Object.keys(created));
    }
  });

  it('share what was not changed', () => {
    const delta = { ...emptyDelta, attributes: { set: groups({ b: '2' }), removed: [] }, principal: null };
    const after = withDelta(transferred, delta, stamp, 4000, true);
    expect(after.attributes[0]).to.equal(transferred.attributes[0]);
    expect(after.notes).to.equal(transferred.notes);
    expect(after.listeners).to.equal(transferred.listeners);
    expect(withAccess(after, stamp, 5000).attributes).to.equal(after.attributes);
  });
});
