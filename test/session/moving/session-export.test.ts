import { expect } from 'chai';
import { ArchiveReader } from '../../../src/archive/index.js';
import { exportSessions } from '../../../src/session/index.js';
import { readTransfer } from '../../../src/session/message/message-reader.js';
import { sessionRecord } from '../../store/session-records.js';
import { vectorFiles } from '../../support/vectors.js';

function vector(file: string, name: string): Buffer {
  const found = [...vectorFiles(file).values()].flat().find((candidate) => candidate.name === name);
  if (found === undefined) {
    throw new Error(`there is no vector ${name}`);
  }
  return found.bytes;
}

describe('an export', () => {
  it('has no password that came behind a value which nobody can tell from it', async () => {
    const state = vector('05-session-replication-tomcat9', 'sessions-three');
    const opaque = vector('06-stream-grammar', 'externalizable-v1').subarray(4);
    // The attribute `user` of the first session gives way; a principal with a password stands in the third one.
    const at = state.indexOf(Buffer.from('740005616c696365', 'hex'));
    const payload = Buffer.concat([state.subarray(0, at), opaque, state.subarray(at + 8)]);
    const [session] = firstOf(payload);
    const record = sessionRecord({ attributes: session?.attributes ?? [] });
    expect(record.attributes.some(({ stream }) => stream.includes('secret'))).to.equal(true);

    const { reader, records } = await exported(record, false);
    expect(records.flatMap(({ attributes }) => attributes.flatMap(({ names }) => names))).to.deep.equal([
      'count',
    ]);
    expect(reader.summary?.secretsLeftOut).to.equal(1);
    expect((await exported(record, true)).records[0]?.attributes).to.deep.equal(record.attributes);
  });
});

function firstOf(payload: Buffer) {
  const walk = readTransfer(
    payload,
    () => undefined,
    () => undefined,
  );
  const { value } = walk.next();
  return value === undefined ? [] : [value];
}

async function exported(record: ReturnType<typeof sessionRecord>, withSecrets: boolean) {
  const waiting = [record];
  const sessions = {
    contexts: new Map([[record.context, 1]]),
    next: () => waiting.pop(),
    close: () => undefined,
  };
  const reader = await ArchiveReader.open(exportSessions(() => ({ asOf: 0, sessions }), { withSecrets }));
  const records = [];
  for await (const batch of reader.batches()) {
    records.push(...batch);
  }
  return { reader, records };
}
