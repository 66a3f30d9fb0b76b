import { randomFillSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { java } from '../../src/java/index.js';

/** Number and CRC-32, eight bytes each. */
const HEAD = 16;

/** What has come of one sender, as `LoadPeer.java` counts it. */
export interface Tally {
  readonly messages: number;
  readonly twice: number;
  /** With another CRC-32 than they say. */
  readonly corrupt: number;
  /** Behind one that was sent later. */
  readonly disordered: number;
  readonly bytes: number;
}

/** A message of a load: a number, bytes, and their CRC-32; as a ByteMessage, or as a List of Long, byte[] and Long. */
export function loadMessage(form: 'bytes' | 'list', number: number, size: number): unknown {
  const body = randomFillSync(Buffer.allocUnsafe(size));
  const crc = crc32(body);
  if (form === 'list') {
    return [java.long(number), body, java.long(crc)];
  }
  const message = Buffer.alloc(HEAD + size);
  message.writeBigInt64BE(BigInt(number));
  message.writeBigInt64BE(BigInt(crc), 8);
  body.copy(message, HEAD);
  return message;
}

/** What is counted of a `ChannelMessage`. */
export interface CountedMessage {
  readonly sender: { readonly port: number };
  readonly value: unknown;
  readonly isBytes: boolean;
}

/** Counts the messages of a load. */
export class LoadCounter {
  #tallies = new Map<
    number,
    { -readonly [K in keyof Tally]: Tally[K] } & { numbers: Set<number>; last: number }
  >();

  add({ sender, value, isBytes }: CountedMessage): void {
    const { number, body, crc } = isBytes ? ofBytes(value as Buffer) : ofList(value as readonly unknown[]);
    const tally = this.#tallies.get(sender.port) ?? {
      ...{ messages: 0, twice: 0, corrupt: 0, disordered: 0, bytes: 0 },
      ...{ numbers: new Set<number>(), last: -1 },
    };
    this.#tallies.set(sender.port, tally);
    tally.messages += 1;
    tally.bytes += body.length;
    tally.corrupt += crc32(body) === crc ? 0 : 1;
    tally.twice += tally.numbers.has(number) ? 1 : 0;
    tally.disordered += number < tally.last ? 1 : 0;
    tally.numbers.add(number);
    tally.last = number;
  }

  /** Messages of the sender that has sent the fewest so far. */
  get fewest(): number {
    return Math.min(...[...this.#tallies.values()].map(({ messages }) => messages));
  }

  get senders(): number {
    return this.#tallies.size;
  }

  /** By the port of the sender; begins anew. */
  take(): ReadonlyMap<number, Tally> {
    const found = [...this.#tallies].sort(([one], [other]) => one - other);
    this.#tallies = new Map();
    return new Map(
      found.map(([port, { messages, twice, corrupt, disordered, bytes }]) => [
        port,
        { messages, twice, corrupt, disordered, bytes },
      ]),
    );
  }
}

/** The line of `LoadPeer.java`. */
export function parseTallies(line: string): ReadonlyMap<number, Tally> {
  const texts = line === '' ? [] : line.split('; ');
  return new Map(
    texts.map((text) => {
      const [port = '', ...words] = text.split(' ');
      const value = (name: string): number => Number(words[words.indexOf(name) + 1]);
      const [messages, twice, corrupt] = [value('messages'), value('twice'), value('corrupt')];
      return [
        Number(port),
        { messages, twice, corrupt, disordered: value('disordered'), bytes: value('bytes') },
      ];
    }),
  );
}

function ofBytes(message: Buffer): { number: number; body: Buffer; crc: number } {
  return {
    number: Number(message.readBigInt64BE()),
    crc: Number(message.readBigInt64BE(8)),
    body: message.subarray(HEAD),
  };
}

function ofList([number, body, crc]: readonly unknown[]): { number: number; body: Buffer; crc: number } {
  return { number: Number(number), body: body as Buffer, crc: Number(crc) };
}
