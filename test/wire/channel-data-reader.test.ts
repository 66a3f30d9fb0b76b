import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError } from '../../src/base/index.js';
import {
  ChannelDataReader,
  decodeChannelData,
  decodeFrames,
  encodeChannelData,
  type ChannelData,
} from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';
import {
  arbitraryBytes,
  arbitraryInt32,
  arbitraryInt64,
  arbitraryMember,
  arbitraryUniqueId,
} from './arbitrary-member.js';

/** What a decoder makes of some bytes: every field, or the error with all that it says. */
function outcome(decode: () => ChannelData): unknown {
  try {
    const { options, timestamp, uniqueId, member, memberBytes, message } = decode();
    return { options, timestamp, uniqueId, member, memberBytes, message };
  } catch (error) {
    return isTribesError(error) ? { code: error.code, params: error.params } : error;
  }
}

/** Both on `bytes`, which `reader` is shown amid other bytes. */
function expectSame(reader: ChannelDataReader, bytes: Buffer): void {
  const amid = Buffer.concat([Buffer.alloc(5, 1), bytes, Buffer.alloc(7, 2)]);
  expect(outcome(() => reader.read(amid, 5, 5 + bytes.length))).to.eql(
    outcome(() => decodeChannelData(bytes)),
  );
}

describe('ChannelDataReader', () => {
  const [one, other] = fc.sample(arbitraryMember, { numRuns: 2, seed: 7 });
  const senders = fc.oneof(fc.constantFrom(one ?? expect.fail(), other ?? expect.fail()), arbitraryMember);
  const arbitraryData: fc.Arbitrary<ChannelData> = fc.record({
    options: arbitraryInt32,
    timestamp: arbitraryInt64,
    uniqueId: arbitraryUniqueId,
    member: senders,
    message: arbitraryBytes(100),
  });

  it('reads whatever comes from whomever as the plain decoder does', () => {
    fc.assert(
      fc.property(fc.array(arbitraryData), (messages) => {
        const reader = new ChannelDataReader();
        messages.forEach((data) => expectSame(reader, encodeChannelData(data)));
      }),
    );
  });

  it('reads every time exactly', () => {
    const [data] = fc.sample(arbitraryData, { numRuns: 1, seed: 3 });
    const reader = new ChannelDataReader();
    const edges = [
      0n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 32n,
      2n ** 53n - 1n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
    ];
    for (const timestamp of edges.flatMap((time) => [time, -time, ~time])) {
      expectSame(reader, encodeChannelData({ ...(data ?? expect.fail()), timestamp }));
    }
  });

  it('reads every message of real senders as the plain decoder does, and again when it knows them', () => {
    const reader = new ChannelDataReader();
    const packages = ['02-transport', '03-interceptors']
      .flatMap((prefix) => [...vectorFiles(prefix).values()].flat())
      .filter(({ bytes, fields }) => 'options' in fields && bytes.toString('latin1', 0, 7) === 'FLT2002')
      .flatMap(({ bytes }) => decodeFrames(bytes));
    expect(packages).not.to.eql([]);
    for (const bytes of packages.flatMap((data) => [data, data])) {
      expectSame(reader, bytes);
    }
  });

  it('refuses what the plain decoder refuses, with the same error, whoever was there before', () => {
    const [data] = fc.sample(arbitraryData, { numRuns: 1, seed: 3 });
    const bytes = encodeChannelData(data ?? expect.fail());
    const header = bytes.length - (data?.message.length ?? 0);
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(header - 1),
        fc.nat(255),
        fc.integer({ min: -3, max: 3 }),
        (...given) => {
          const [isKnown, at, byte, longer] = given;
          const reader = new ChannelDataReader();
          if (isKnown) {
            reader.read(bytes);
          }
          const mutated = Buffer.concat([bytes, Buffer.alloc(3)]).subarray(0, bytes.length + longer);
          mutated[at] = byte;
          expectSame(reader, mutated);
          expectSame(reader, bytes);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('refuses every prefix of a package of a sender that it knows', () => {
    const [data] = fc.sample(arbitraryData, { numRuns: 1, seed: 4 });
    const bytes = encodeChannelData(data ?? expect.fail());
    const reader = new ChannelDataReader();
    reader.read(bytes);
    for (let length = 0; length <= bytes.length; length++) {
      expectSame(reader, bytes.subarray(0, length));
    }
  });

  it('has one object for a sender as long as that says the same of itself', () => {
    const reader = new ChannelDataReader();
    const [data] = fc.sample(arbitraryData, { numRuns: 1, seed: 5 });
    const said = data ?? expect.fail();
    const first = reader.read(encodeChannelData(said));
    const second = reader.read(encodeChannelData({ ...said, options: 9, message: Buffer.from('other') }));
    const older = { ...said.member, aliveTime: said.member.aliveTime ^ 1n };
    const third = reader.read(encodeChannelData({ ...said, member: older }));
    expect(second.member).to.equal(first.member);
    expect(third.member).not.to.equal(first.member);
    expect(third.member).to.eql(older);
  });

  it('remembers a sender by a copy: what was read may be overwritten', () => {
    const reader = new ChannelDataReader();
    const [data] = fc.sample(arbitraryData, { numRuns: 1, seed: 6 });
    const bytes = encodeChannelData(data ?? expect.fail());
    const read = Buffer.from(bytes);
    const { member } = reader.read(read);
    read.fill(0);
    expect(reader.read(bytes).member).to.equal(member);
  });
});
