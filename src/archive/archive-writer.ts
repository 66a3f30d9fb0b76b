import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { TribesError, type ContextName, type SessionRecord } from '../base/index.js';
import { ARCHIVE_FORMAT, ARCHIVE_LIMITS, type ArchiveHeader } from './archive.js';
import { encodeBatch, encodeHeader, encodeSeal, encodeSummary } from './part-message.js';
import { writeSession } from './session-message.js';
import { withoutSecrets } from './without-secrets.js';

const compress = promisify(deflate);

/** A batch is written when its sessions have that many bytes: enough for its class descriptors to repeat themselves. */
const BATCH_BYTES = 2 ** 18;

/** Class descriptors are most of what can be saved, and any level finds them. */
const COMPRESSION_LEVEL = 1;

/** How long the event loop is held before others get their turn, in milliseconds. */
const SLICE_MS = 4;

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/**
 * An archive of `records`, piece by piece: nothing is held but one batch, and no record is taken before there is need
 * for it. Whoever reads it sets the pace.
 *
 * Errors: TRIBES_E_ARCHIVE_LIMIT, and those of `records`.
 */
export async function* writeArchive(
  header: ArchiveHeader,
  records: Iterable<SessionRecord>,
): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let offset = 0;
  const hashed = (bytes: Buffer): Buffer => {
    hash.update(bytes);
    offset += bytes.length;
    return bytes;
  };
  yield hashed(encodeHeader(ARCHIVE_FORMAT, header));
  const numbers = new Map([...header.contexts.keys()].map((name, number) => [name, number]));
  const written = new Map<ContextName, number>();
  let secretsLeftOut = 0;
  let batch = new BatchWriter();
  let sliceEnd = performance.now() + SLICE_MS;
  for (const whole of records) {
    const { record, leftOut } = header.withSecrets ? { record: whole, leftOut: 0 } : withoutSecrets(whole);
    const number = numbers.get(record.context);
    if (number === undefined) {
      throw new RangeError('a session is of a context that the header does not name');
    }
    secretsLeftOut += leftOut;
    written.set(record.context, (written.get(record.context) ?? 0) + 1);
    batch.add(record, number);
    if (batch.length >= BATCH_BYTES) {
      yield hashed(await batch.finish(offset));
      batch = new BatchWriter();
      sliceEnd = performance.now() + SLICE_MS;
    } else if (performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  if (batch.length > 0) {
    yield hashed(await batch.finish(offset));
  }
  yield hashed(encodeSummary({ contexts: written, secretsLeftOut }));
  yield encodeSeal(hash.digest());
}

/** Gathers the sessions of one batch. */
class BatchWriter {
  readonly #writer = protobuf.Writer.create();
  #sessions = 0;

  /** Bytes of its sessions. */
  get length(): number {
    return this.#writer.pos;
  }

  add(record: SessionRecord, context: number): void {
    writeSession(this.#writer, record, context);
    this.#sessions++;
  }

  /** Error: TRIBES_E_ARCHIVE_LIMIT. */
  async finish(offset: number): Promise<Buffer> {
    const { length } = this;
    if (length > ARCHIVE_LIMITS.maxPartBytes) {
      throw new TribesError('TRIBES_E_ARCHIVE_LIMIT', {
        offset,
        what: 'the length of a batch',
        found: length,
        max: ARCHIVE_LIMITS.maxPartBytes,
      });
    }
    const data = await compress(this.#writer.finish(), { level: COMPRESSION_LEVEL });
    return encodeBatch({ data, length, crc32: crc32(data), sessions: this.#sessions });
  }
}
