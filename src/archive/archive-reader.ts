import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { crc32, inflate } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import {
  isTribesError,
  messageOf,
  TribesError,
  type ContextName,
  type SessionRecord,
} from '../base/index.js';
import {
  ARCHIVE_FORMAT,
  ARCHIVE_LIMITS,
  ARCHIVE_MAGIC,
  type ArchiveHeader,
  type ArchiveSummary,
} from './archive.js';
import { decodePart, type ArchivePart, type BatchPart } from './part-message.js';
import { PartSource, type RawPart } from './part-source.js';
import { readSession, type CountElements } from './session-message.js';
import { readFieldsUpTo } from './text-message.js';

const decompress = promisify(inflate);

/**
 * Reads an archive from beginning to end, and verifies it on the way: whoever has come to the end of `batches` has seen
 * exactly what was written. Holds one batch at a time.
 *
 * Every error but those of the stream itself is a TRIBES_E_ARCHIVE_….
 */
export class ArchiveReader {
  readonly header: ArchiveHeader;
  readonly #source: PartSource;
  readonly #hash = createHash('sha256');
  readonly #counts = new Map<ContextName, number>();
  #summary: ArchiveSummary | undefined;

  private constructor(source: PartSource, header: ArchiveHeader, raw: RawPart) {
    this.#source = source;
    this.header = header;
    this.#hash.update(raw.whole);
  }

  /** Errors: TRIBES_E_ARCHIVE_FORMAT, TRIBES_E_ARCHIVE_NEWER, TRIBES_E_ARCHIVE_CUT. */
  static async open(chunks: AsyncIterable<Uint8Array>): Promise<ArchiveReader> {
    const source = new PartSource(chunks);
    try {
      const { raw, header } = await firstPart(source);
      return new ArchiveReader(source, header, raw);
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** What the archive says of itself at its end; undefined before `batches` has come there. */
  get summary(): ArchiveSummary | undefined {
    return this.#summary;
  }

  /**
   * The sessions, some at a time; their streams are views of one piece of memory for each batch. `source` is null and
   * `confirmedBy` is empty; `receivedAt` is by the clock of `header.asOf`.
   *
   * Errors: TRIBES_E_ARCHIVE_CUT, TRIBES_E_ARCHIVE_DAMAGED, TRIBES_E_ARCHIVE_LIMIT.
   */
  async *batches(): AsyncGenerator<readonly SessionRecord[], void> {
    const contexts = [...this.header.contexts.keys()];
    try {
      for (let sealed = false; !sealed;) {
        const { raw, part } = await this.#nextPart();
        if (part.type === 'seal') {
          await this.#verifySeal(raw, part.sha256);
          sealed = true;
        } else {
          this.#hash.update(raw.whole);
          if (part.type === 'batch') {
            yield this.#counted(await sessionsOf(part, raw.offset, contexts));
          } else {
            this.#summarise(part, raw.offset);
          }
        }
      }
    } finally {
      await this.#source.close();
    }
  }

  async #nextPart(): Promise<{ raw: RawPart; part: ArchivePart }> {
    const raw = await this.#source.next();
    if (raw === undefined) {
      throw new TribesError('TRIBES_E_ARCHIVE_CUT', {
        offset: this.#source.offset,
        reason: 'its end is missing',
      });
    }
    const part = guarded(raw.offset, () => decodePart(raw.part, elementCounter(raw.offset)));
    if (part === undefined) {
      throw damaged(raw.offset, 'it is of no kind that there is in this format');
    }
    return { raw, part };
  }

  #counted(records: readonly SessionRecord[]): readonly SessionRecord[] {
    for (const { context } of records) {
      this.#counts.set(context, (this.#counts.get(context) ?? 0) + 1);
    }
    return records;
  }

  #summarise(part: ArchivePart, offset: number): void {
    if (part.type !== 'summary' || this.#summary !== undefined) {
      throw damaged(offset, `a ${part.type} where none belongs`);
    }
    const { contexts } = part.summary;
    const isEqual =
      contexts.size === this.#counts.size &&
      [...contexts].every(([name, sessions]) => this.#counts.get(name) === sessions);
    if (!isEqual) {
      throw damaged(offset, 'there are not as many sessions as its summary says');
    }
    this.#summary = part.summary;
  }

  async #verifySeal({ offset }: RawPart, sha256: Buffer): Promise<void> {
    if (this.#summary === undefined) {
      throw damaged(offset, 'the summary before it is missing');
    }
    if (!this.#hash.digest().equals(sha256)) {
      throw damaged(offset, 'the checksum of the whole (SHA-256) is another');
    }
    if ((await this.#source.next()) !== undefined) {
      throw damaged(this.#source.offset, 'something follows behind the end');
    }
  }
}

async function firstPart(source: PartSource): Promise<{ raw: RawPart; header: ArchiveHeader }> {
  const raw = await source.next().catch((error: unknown) => {
    // What is no archive at all looks like one with a damaged length.
    throw isTribesError(error) ? foreign(error.message) : error;
  });
  if (raw === undefined) {
    throw foreign('it is empty');
  }
  let part: ArchivePart | undefined;
  try {
    part = decodePart(raw.part, elementCounter(raw.offset));
  } catch (error) {
    throw foreign(messageOf(error));
  }
  if (part?.type !== 'header' || part.magic !== ARCHIVE_MAGIC) {
    throw foreign('it does not begin as one');
  }
  if (part.format > ARCHIVE_FORMAT) {
    throw new TribesError('TRIBES_E_ARCHIVE_NEWER', { found: part.format, known: ARCHIVE_FORMAT });
  }
  if (part.format === 0) {
    throw foreign('it has no format');
  }
  return { raw, header: part.header };
}

async function sessionsOf(
  batch: BatchPart,
  offset: number,
  contexts: readonly ContextName[],
): Promise<readonly SessionRecord[]> {
  if (crc32(batch.data) !== batch.crc32) {
    throw damaged(offset, 'the checksum of its sessions (CRC-32) is another');
  }
  const { maxPartBytes: max } = ARCHIVE_LIMITS;
  if (batch.length > max) {
    const what = 'the length of its sessions';
    throw new TribesError('TRIBES_E_ARCHIVE_LIMIT', { offset, what, found: batch.length, max });
  }
  const bytes = await decompress(batch.data, { maxOutputLength: Math.max(batch.length, 1) }).catch(
    (error: unknown) => {
      throw damaged(offset, messageOf(error));
    },
  );
  if (bytes.length !== batch.length) {
    throw damaged(offset, `its sessions have ${bytes.length} bytes instead of ${batch.length}`);
  }
  const records = guarded(offset, () => readSessions(bytes, contexts, elementCounter(offset)));
  if (records.length !== batch.sessions) {
    throw damaged(offset, `it holds ${records.length} sessions instead of ${batch.sessions}`);
  }
  return records;
}

function readSessions(
  bytes: Buffer,
  contexts: readonly ContextName[],
  count: CountElements,
): readonly SessionRecord[] {
  const reader = protobuf.Reader.create(bytes);
  const records: SessionRecord[] = [];
  readFieldsUpTo(reader, bytes.length, (tag) => {
    if (tag !== 0x0a) {
      return false;
    }
    records.push(readSession(reader, contexts, count));
    return true;
  });
  return records;
}

function elementCounter(offset: number): CountElements {
  let found = 0;
  return (count) => {
    found += count;
    const { maxPartElements: max } = ARCHIVE_LIMITS;
    if (found > max) {
      throw new TribesError('TRIBES_E_ARCHIVE_LIMIT', {
        offset,
        what: 'the number of its elements',
        found,
        max,
      });
    }
  };
}

/** What `read` returns; whatever it throws is told as damage of the part at `offset`. */
function guarded<T>(offset: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isTribesError(error) ? error : damaged(offset, messageOf(error), error);
  }
}

function damaged(offset: number, reason: string, cause?: unknown): TribesError {
  return new TribesError('TRIBES_E_ARCHIVE_DAMAGED', { offset, reason }, { cause });
}

function foreign(reason: string): TribesError {
  return new TribesError('TRIBES_E_ARCHIVE_FORMAT', { reason });
}
