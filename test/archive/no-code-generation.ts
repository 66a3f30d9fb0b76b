import { ArchiveReader, writeArchive } from '../../src/archive/index.js';
import { fullRecord } from '../store/session-records.js';

/** A process of its own: writes an archive and reads it again. */
const header = {
  writer: 'a test',
  asOf: 0,
  contexts: new Map([[fullRecord.context, 1]]),
  withSecrets: false,
};
const reader = await ArchiveReader.open(writeArchive(header, [fullRecord]));
let sessions = 0;
for await (const batch of reader.batches()) {
  sessions += batch.length;
}
process.stdout.write(`${sessions} session\n`);
