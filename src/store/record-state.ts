import type { SessionRecord } from '../base/index.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { decodeHead } from './record-head.js';

/** First byte of an edit (`record-edit.ts`). */
export const EditFormat = { EARLIER: 1, UPDATE: 2, WHOLE: 3, DELTA: 4 } as const;

/**
 * What tells a record from what it was before and will be: each change counts `version` up.
 *
 *     state: double creationTime, receivedAt | varint version
 */
export function writeState(
  writer: ByteWriter,
  record: Pick<SessionRecord, 'creationTime' | 'receivedAt' | 'version'>,
): void {
  writer.writeDouble(record.creationTime);
  writer.writeDouble(record.receivedAt);
  writer.writeVarint(record.version);
}

/** Error: TRIBES_E_STORE_RECORD, where the record of that head is not the one whose state stands next. */
export function checkState(reader: ByteReader, head: Buffer | undefined): void {
  const expected = {
    creationTime: reader.readDouble('creationTime'),
    receivedAt: reader.readDouble('receivedAt'),
    version: reader.readVarint('version'),
  };
  const found = head && decodeHead(head);
  if (
    found === undefined ||
    !Object.is(found.creationTime, expected.creationTime) ||
    !Object.is(found.receivedAt, expected.receivedAt) ||
    found.version !== expected.version
  ) {
    throw reader.error(`a record of ${described(expected)}`, found === undefined ? 'none' : described(found));
  }
}

function described({ version, receivedAt }: Pick<SessionRecord, 'version' | 'receivedAt'>): string {
  return `version ${version}, received at ${receivedAt}`;
}
