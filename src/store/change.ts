import type { RecordCodec, RecordParts } from './record-codec.js';
import type { SizedRecord } from './hot-sessions.js';
import { writeBytes, type Row, type Write } from './write-batch.js';

/** A change of one thing that waits to be written; of several changes of a thing, the last is written. */
export interface Change {
  /** Of the thing that is changed. */
  readonly name: string;
  /** About what it takes in memory. */
  readonly bytes: number;
  /** It is not likely to change again before it is written: nothing is gained where it waits. */
  readonly isSettled?: boolean;
  /** What is to be written for it, together; made when it is time. */
  rows(): readonly Write[];
  /** The same for the journal, where more may stand than at rest; default: the same. */
  rowsToJournal?(): readonly Write[];
}

/** A change whose rows are there. */
export class RowsChange implements Change {
  readonly name: string;
  readonly bytes: number;
  readonly #rows: readonly Write[];

  /** `rows`: at least one; the first says what is changed. */
  constructor(rows: readonly [Write, ...Write[]]) {
    this.name = nameOf(rows[0]);
    this.bytes = writeBytes(rows);
    this.#rows = rows;
  }

  rows(): readonly Write[] {
    return this.#rows;
  }
}

/** What a deleted session takes while it waits, and what one takes besides its parts. */
const DELETED_BYTES = 128;

/** What a session is from now on: a record as it is in use, or as it rests; null: it is deleted. */
export type SessionContent = SizedRecord | RecordParts | null;

/** A session that was put, or deleted. */
export class SessionChange implements Change {
  readonly name: string;
  /** Null: deleted, or not in use. */
  readonly after: SizedRecord | null;
  readonly #parts: RecordParts | null;
  readonly #key: Buffer;
  readonly #codec: RecordCodec;
  /** Nothing of the session is at rest, nor on its way there. */
  readonly isFresh: boolean;

  constructor(
    { key, name }: { readonly key: Buffer; readonly name: string },
    content: SessionContent,
    codec: RecordCodec,
    isFresh: boolean,
  ) {
    this.name = name;
    const isResting = content !== null && 'body' in content;
    this.after = isResting ? null : content;
    this.#parts = isResting ? content : null;
    this.#key = key;
    this.#codec = codec;
    this.isFresh = isFresh;
  }

  get isSettled(): boolean {
    return this.#parts !== null;
  }

  /** It grows with what is deferred of the session: what was counted is for who counts to remember. */
  get bytes(): number {
    return this.after?.size ?? DELETED_BYTES + partsBytes(this.#parts);
  }

  rows(): readonly Write[] {
    return this.#isDeleted && this.isFresh ? [] : this.rowsToJournal();
  }

  /** That it was put, the journal may have. */
  rowsToJournal(): readonly Write[] {
    const parts = this.after === null ? this.#parts : this.#codec.encode(this.after.record);
    return sessionRows(this.#key, parts?.head ?? null, parts?.body ?? null);
  }

  get #isDeleted(): boolean {
    return this.after === null && this.#parts === null;
  }
}

function partsBytes(parts: RecordParts | null): number {
  return parts === null ? 0 : parts.head.length + parts.body.length;
}

/** The rows of a session that is put, or deleted (null). */
export function sessionRows(key: Buffer, head: Buffer | null, body: Buffer | null): [Write, Write] {
  return [
    { database: 'heads', key, value: head },
    { database: 'bodies', key, value: body },
  ];
}

/** The name of the thing that a row is about; sessions go by their keys alone. */
export function nameOf({ database, key }: Pick<Row, 'database' | 'key'>): string {
  const name = key.toString('latin1');
  switch (database) {
    case 'heads':
    case 'edits':
      return name;
    case 'added':
      return `ledger ${name}`;
    default:
      return `${database} ${name}`;
  }
}
