import protobuf, { type Reader, type Writer } from 'protobufjs/minimal.js';
import { contextName, type ContextName } from '../base/index.js';
import { ARCHIVE_MAGIC, type ArchiveHeader, type ArchiveSummary } from './archive.js';
import type { CountElements } from './session-message.js';
import {
  bufferOf,
  readCount,
  readFields,
  readFieldsUpTo,
  readLong,
  readText,
  writeLong,
  writeText,
} from './text-message.js';

/** A `Batch`, its sessions still compressed. */
export interface BatchPart {
  readonly data: Buffer;
  /** Of the sessions, in bytes. */
  readonly length: number;
  readonly crc32: number;
  readonly sessions: number;
}

/** A `Part`, as far as it can be read without knowing its format. */
export type ArchivePart =
  | {
      readonly type: 'header';
      readonly magic: string;
      readonly format: number;
      readonly header: ArchiveHeader;
    }
  | ({ readonly type: 'batch' } & BatchPart)
  | { readonly type: 'summary'; readonly summary: ArchiveSummary }
  | { readonly type: 'seal'; readonly sha256: Buffer };

/** A part behind its length. */
export function encodeHeader(format: number, { writer, asOf, contexts, withSecrets }: ArchiveHeader): Buffer {
  return delimited(0x0a, (message) => {
    message.uint32(0x0a).string(ARCHIVE_MAGIC).uint32(0x10).uint32(format).uint32(0x1a).string(writer);
    writeLong(message, 0x20, asOf);
    writeCounts(message, 0x2a, contexts);
    message.uint32(0x30).bool(withSecrets);
  });
}

export function encodeBatch({ data, length, crc32, sessions }: BatchPart): Buffer {
  return delimited(0x12, (message) => {
    message.uint32(0x0a).bytes(data).uint32(0x10).uint32(length);
    message.uint32(0x1d).fixed32(crc32).uint32(0x20).uint32(sessions);
  });
}

export function encodeSummary({ contexts, secretsLeftOut }: ArchiveSummary): Buffer {
  return delimited(0x1a, (message) => {
    writeCounts(message, 0x0a, contexts);
    message.uint32(0x10).uint64(secretsLeftOut);
  });
}

export function encodeSeal(sha256: Buffer): Buffer {
  return delimited(0x22, (message) => void message.uint32(0x0a).bytes(sha256));
}

/**
 * The inverse, without the length; undefined for a part of another kind.
 *
 * @throws {Error} where the message cannot be read.
 */
export function decodePart(bytes: Buffer, count: CountElements): ArchivePart | undefined {
  const reader = protobuf.Reader.create(bytes);
  let part: ArchivePart | undefined;
  readFieldsUpTo(reader, bytes.length, (tag) => {
    switch (tag) {
      case 0x0a:
        part = readHeader(reader, count);
        return true;
      case 0x12:
        part = readBatch(reader);
        return true;
      case 0x1a:
        part = readSummary(reader, count);
        return true;
      case 0x22:
        part = readSeal(reader);
        return true;
      default:
        return false;
    }
  });
  return part;
}

function delimited(tag: number, write: (message: Writer) => void): Buffer {
  const part = protobuf.Writer.create();
  const message = part.fork().uint32(tag).fork();
  write(message);
  const bytes = message.ldelim().ldelim().finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readHeader(reader: Reader, count: CountElements): ArchivePart {
  const fields = { magic: '', format: 0 };
  const header = { writer: '', asOf: 0, contexts: new Map<ContextName, number>(), withSecrets: false };
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        fields.magic = reader.string();
        return true;
      case 0x10:
        fields.format = reader.uint32();
        return true;
      case 0x1a:
        header.writer = reader.string();
        return true;
      case 0x20:
        header.asOf = readLong(reader);
        return true;
      case 0x2a:
        readContextCount(reader, header.contexts, count);
        return true;
      case 0x30:
        header.withSecrets = reader.bool();
        return true;
      default:
        return false;
    }
  });
  return { type: 'header', ...fields, header };
}

function readBatch(reader: Reader): ArchivePart {
  const batch = { data: Buffer.alloc(0) as Buffer, length: 0, crc32: 0, sessions: 0 };
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        batch.data = bufferOf(reader);
        return true;
      case 0x10:
        batch.length = reader.uint32();
        return true;
      case 0x1d:
        batch.crc32 = reader.fixed32();
        return true;
      case 0x20:
        batch.sessions = reader.uint32();
        return true;
      default:
        return false;
    }
  });
  return { type: 'batch', ...batch };
}

function readSummary(reader: Reader, count: CountElements): ArchivePart {
  const summary = { contexts: new Map<ContextName, number>(), secretsLeftOut: 0 };
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        readContextCount(reader, summary.contexts, count);
        return true;
      case 0x10:
        summary.secretsLeftOut = readCount(reader);
        return true;
      default:
        return false;
    }
  });
  return { type: 'summary', summary };
}

function readSeal(reader: Reader): ArchivePart {
  let sha256: Buffer = Buffer.alloc(0);
  readFields(reader, (tag) => {
    if (tag === 0x0a) {
      sha256 = bufferOf(reader);
      return true;
    }
    return false;
  });
  return { type: 'seal', sha256 };
}

function writeCounts(writer: Writer, tag: number, contexts: ReadonlyMap<ContextName, number>): void {
  for (const [name, sessions] of contexts) {
    const message = writer.uint32(tag).fork();
    writeText(message, 0x0a, name);
    message.uint32(0x10).uint64(sessions).ldelim();
  }
}

function readContextCount(reader: Reader, contexts: Map<ContextName, number>, count: CountElements): void {
  let name = '';
  let sessions = 0;
  count(1);
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        name = readText(reader);
        return true;
      case 0x10:
        sessions = readCount(reader);
        return true;
      default:
        return false;
    }
  });
  if (contexts.has(contextName(name))) {
    throw new RangeError('a context is named twice');
  }
  contexts.set(contextName(name), sessions);
}
