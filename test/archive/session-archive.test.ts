import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32, inflateSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { ArchiveReader, writeArchive, type ArchiveHeader } from '../../src/archive/index.js';
import {
  contextName,
  isTribesError,
  sessionId,
  type ContextName,
  type ErrorCode,
  type SessionRecord,
} from '../../src/base/index.js';
import { arbitraryRecord, fullRecord, sessionRecord } from '../store/session-records.js';
import { rejectionOf } from '../support/errors.js';

const app = contextName('localhost#/app');

function countsOf(records: readonly SessionRecord[]): Map<ContextName, number> {
  const counts = new Map<ContextName, number>();
  for (const { context } of records) {
    counts.set(context, (counts.get(context) ?? 0) + 1);
  }
  return counts;
}

function headerOf(records: readonly SessionRecord[], fields: Partial<ArchiveHeader> = {}): ArchiveHeader {
  return {
    writer: 'a test',
    asOf: 1_700_000_100_000,
    contexts: countsOf(records),
    withSecrets: true,
    ...fields,
  };
}

async function archiveOf(
  records: readonly SessionRecord[],
  fields: Partial<ArchiveHeader> = {},
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of writeArchive(headerOf(records, fields), records)) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** The bytes in pieces of `size`. */
async function* inPieces(bytes: Buffer, size = 4096): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function read(bytes: Buffer, size?: number) {
  const reader = await ArchiveReader.open(inPieces(bytes, size));
  const records: SessionRecord[] = [];
  for await (const batch of reader.batches()) {
    records.push(...batch);
  }
  return { header: reader.header, records, summary: reader.summary };
}

/** What an archive keeps of a record. */
const kept = (record: SessionRecord): SessionRecord => ({ ...record, source: null, confirmedBy: [] });

const proto = protobuf.parse(
  readFileSync(new URL('../../../src/archive/session-archive.proto', import.meta.url), 'utf8'),
).root;
const Part = proto.lookupType('tomcat_tribes.archive.v1.Part');
const Sessions = proto.lookupType('tomcat_tribes.archive.v1.Sessions');

/** The parts of an archive, as any implementation of Protocol Buffers reads them. */
function partsOf(bytes: Buffer): protobuf.Message[] {
  const reader = protobuf.Reader.create(bytes);
  const parts: protobuf.Message[] = [];
  while (reader.pos < reader.len) {
    parts.push(Part.decodeDelimited(reader));
  }
  return parts;
}

/** An archive of these parts and a seal. */
function sealed(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts.flatMap((part) => [delimiter(part.length), part]));
  const sha256 = createHash('sha256').update(body).digest();
  return Buffer.concat([body, Part.encodeDelimited(Part.fromObject({ seal: { sha256 } })).finish()]);
}

const delimiter = (length: number): Buffer => Buffer.from(protobuf.Writer.create().uint32(length).finish());

const plain = (message: protobuf.Message) =>
  message.$type.toObject(message, { longs: Number, bytes: Buffer }) as Record<string, unknown>;

describe('a session archive', () => {
  it('gives back what was put into it, but for who sent and who confirmed it', async () => {
    const { header, records, summary } = await read(await archiveOf([fullRecord]));
    expect(records).to.deep.equal([kept(fullRecord)]);
    expect(header).to.deep.equal(headerOf([fullRecord]));
    expect(summary).to.deep.equal({ contexts: new Map([[fullRecord.context, 1]]), secretsLeftOut: 0 });
  });

  it('may be empty', async () => {
    const { records, summary } = await read(await archiveOf([]));
    expect(records).to.deep.equal([]);
    expect(summary).to.deep.equal({ contexts: new Map(), secretsLeftOut: 0 });
  });

  it('gives back arbitrary sessions, however it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryRecord(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 500 }),
        async (records, size) => {
          const archive = await read(await archiveOf(records), size);
          expect(archive.records).to.deep.equal(records.map(kept));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is what session-archive.proto says', async () => {
    const bytes = await archiveOf([fullRecord]);
    const [header, batch, summary, seal, ...more] = partsOf(bytes).map(plain) as [
      { header: object },
      { batch: { data: Buffer; length: number; crc32: number; sessions: number } },
      object,
      { seal: { sha256: Buffer } },
    ];
    const contexts = [{ name: { utf8: fullRecord.context }, sessions: 1 }];
    expect(header.header).to.deep.equal({
      magic: 'tomcat-tribes sessions',
      format: 1,
      writer: 'a test',
      asOf: 1_700_000_100_000,
      contexts,
      withSecrets: true,
    });
    const { data } = batch.batch;
    const sessions = inflateSync(data);
    expect(batch.batch).to.deep.equal({ data, length: sessions.length, crc32: crc32(data), sessions: 1 });
    expect(summary).to.deep.equal({ summary: { contexts } });
    expect(seal.seal.sha256).to.have.length(32);
    expect(more).to.deep.equal([]);
    const { id, creationTime, lastAccessedTime, thisAccessedTime, maxInactiveInterval } = fullRecord;
    expect(plain(Sessions.decode(sessions))).to.deep.equal({
      sessions: [
        {
          id: { utf8: id },
          creationTime,
          lastAccessedTime,
          thisAccessedTime,
          maxInactiveInterval,
          isNew: true,
          isValid: true,
          authType: { utf8: 'FORM' },
          attributes: fullRecord.attributes.map(({ names, stream, uncut }) => ({
            names: names.map((name) =>
              name.includes('\ud800')
                ? { utf16le: Buffer.from(name, 'utf16le') }
                : { ...(name !== '' && { utf8: name }) },
            ),
            stream,
            ...(uncut && { uncut }),
          })),
          principal: fullRecord.principal,
          notes: fullRecord.notes.map(({ names, stream }) => ({
            names: names.map((utf8) => ({ utf8 })),
            stream,
          })),
          listeners: [...fullRecord.listeners],
          receivedAt: fullRecord.receivedAt,
          version: fullRecord.version,
        },
      ],
    });
  });

  it('may be written by another implementation of Protocol Buffers', async () => {
    const parts = partsOf(await archiveOf([fullRecord, sessionRecord()]));
    const again = sealed(parts.slice(0, -1).map((part) => Buffer.from(Part.encode(part).finish())));
    expect((await read(again)).records).to.deep.equal([kept(fullRecord), kept(sessionRecord())]);
  });

  it('is read with fields that are not known yet', async () => {
    const parts = partsOf(await archiveOf([fullRecord])).slice(0, -1);
    const unknown = Buffer.from([0xfa, 0x01, 2, 1, 2]);
    const newer = sealed(parts.map((part) => Buffer.concat([Part.encode(part).finish(), unknown])));
    expect((await read(newer)).records).to.deep.equal([kept(fullRecord)]);
  });

  it('is refused when it is of a format that is not known', async () => {
    const newer = Part.fromObject({ header: { magic: 'tomcat-tribes sessions', format: 2 } });
    const error = await rejectionOf(
      'TRIBES_E_ARCHIVE_NEWER',
      read(Buffer.from(Part.encodeDelimited(newer).finish())),
    );
    expect(error.params).to.deep.equal({ found: 2, known: 1 });
  });

  it('is told from other files', async () => {
    const files = [
      Buffer.alloc(0),
      Buffer.from('hello'),
      Buffer.from('{"sessions": []}'),
      Buffer.alloc(10_000),
      Buffer.alloc(10_000, 0xff),
      Buffer.from('aced0005740005616c696365', 'hex'),
    ];
    for (const file of files) {
      await rejectionOf('TRIBES_E_ARCHIVE_FORMAT', read(file));
    }
  });

  it('refuses a part that claims more than there may be, without waiting for it', async () => {
    const start = await archiveOf([]);
    const [header] = partsOf(start);
    const first = Buffer.from(Part.encodeDelimited(header as protobuf.Message).finish());
    async function* endless(): AsyncGenerator<Buffer> {
      yield first;
      yield Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07]);
      await Promise.reject(new Error('it went on reading'));
    }
    const reader = await ArchiveReader.open(endless());
    await rejectionOf('TRIBES_E_ARCHIVE_LIMIT', reader.batches().next());
  });

  describe('that is damaged', () => {
    const codes = new Set<ErrorCode>([
      'TRIBES_E_ARCHIVE_FORMAT',
      'TRIBES_E_ARCHIVE_NEWER',
      'TRIBES_E_ARCHIVE_CUT',
      'TRIBES_E_ARCHIVE_DAMAGED',
      'TRIBES_E_ARCHIVE_LIMIT',
    ]);
    const records = [fullRecord, sessionRecord({ context: app, id: sessionId('second') })];

    async function codeOf(bytes: Buffer): Promise<ErrorCode | undefined> {
      try {
        await read(bytes);
        return undefined;
      } catch (error) {
        if (isTribesError(error) && codes.has(error.code)) {
          return error.code;
        }
        throw error;
      }
    }

    it('is noticed wherever it was cut off', async () => {
      const bytes = await archiveOf(records);
      for (let length = 0; length < bytes.length; length++) {
        expect(await codeOf(bytes.subarray(0, length)), String(length)).not.to.equal(undefined);
      }
    });

    it('is noticed whichever bit has changed', async () => {
      const bytes = await archiveOf(records);
      for (let at = 0; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
        expect(await codeOf(damaged), String(at)).not.to.equal(undefined);
      }
    });

    it('is noticed whatever was done to it', async () => {
      const bytes = await archiveOf(records);
      const place = fc.nat(bytes.length - 1);
      await fc.assert(
        fc.asyncProperty(place, place, fc.uint8Array({ maxLength: 20 }), async (from, to, patch) => {
          const damaged = Buffer.concat([bytes.subarray(0, from), patch, bytes.subarray(to)]);
          fc.pre(!damaged.equals(bytes));
          expect(await codeOf(damaged)).not.to.equal(undefined);
        }),
        { numRuns: 1000 },
      );
    });
  });

  it('is written and read where no code may be made from strings', function () {
    this.timeout(30_000);
    const script = fileURLToPath(new URL('no-code-generation.js', import.meta.url));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', script],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(stderr).to.equal('');
    expect(stdout).to.equal('1 session\n');
  });
});
