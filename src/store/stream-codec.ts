import { isTribesError, messageOf } from '../base/index.js';
import {
  checkPacked,
  packParts,
  packQuickly,
  packStream,
  unpackStream,
  type DescriptorDictionary,
  type PartedGroup,
} from '../java/index.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** What rests for a Java stream. */
export interface RestingStream {
  readonly bytes: Buffer;
  /** Whether `bytes` are the stream in its packed form (`packStream`), or the stream itself. */
  readonly isPacked: boolean;
}

/**
 * A Java stream within a record: varint length * 2 + packed, bytes. A packed stream has its class descriptors in the
 * dictionary (`packStream`); one that cannot be packed, or gains nothing, rests as it is.
 *
 * To pack is most of the work of writing a record, and most of a record is what it was when it was written before. So
 * what rests for a stream is remembered for as long as the stream itself is.
 */
export class StreamCodec {
  readonly #dictionary: DescriptorDictionary;
  readonly #resting = new WeakMap<Buffer, RestingStream>();

  constructor(dictionary: DescriptorDictionary) {
    this.#dictionary = dictionary;
  }

  /** What is to rest for `stream`. */
  rest(stream: Buffer): RestingStream {
    let resting = this.#resting.get(stream);
    if (resting === undefined) {
      resting = this.restOnce(stream);
      this.#resting.set(stream, resting);
    }
    return resting;
  }

  /** The same for a stream that nobody will ask for again: nothing is remembered. */
  restOnce(stream: Buffer): RestingStream {
    const packed = this.#pack(stream);
    return packed.length < stream.length ? { bytes: packed, isPacked: true } : asItIs(stream);
  }

  /** What is to rest for the stream of a group that came in parts: nothing is remembered. */
  restParted(group: PartedGroup): RestingStream {
    try {
      return { bytes: packParts(group.parts, this.#dictionary), isPacked: true };
    } catch (error) {
      return plainIfRefused(group.stream, error);
    }
  }

  /** Reads what rests for a stream, as a view, of which `unpack` makes the stream. Error: TRIBES_E_STORE_RECORD. */
  read(reader: ByteReader): RestingStream {
    const resting = viewStream(reader);
    if (resting.isPacked) {
      try {
        checkPacked(resting.bytes, this.#dictionary);
      } catch (error) {
        throw reader.error('a packed Java stream', messageOf(error), { cause: error });
      }
    }
    return resting;
  }

  /** The stream, of what `read` has read. */
  unpack(resting: RestingStream): Buffer {
    const stream = this.unpackOnce(resting);
    this.#resting.set(stream, resting);
    return stream;
  }

  /** The same where whoever has it knows what rests for it: nothing is remembered. */
  unpackOnce({ bytes, isPacked }: RestingStream): Buffer {
    return isPacked ? unpackStream(bytes, this.#dictionary) : bytes;
  }

  /** The stream itself if it is not one that can be understood, and when the dictionary is full. */
  #pack(stream: Buffer): Buffer {
    try {
      return packQuickly(stream, this.#dictionary) ?? packStream(stream, this.#dictionary);
    } catch (error) {
      return plainIfRefused(stream, error).bytes;
    }
  }
}

function plainIfRefused(stream: Buffer, error: unknown): RestingStream {
  if (isTribesError(error)) {
    return asItIs(stream);
  }
  throw error;
}

/** A stream that is not packed, or not yet. */
export const asItIs = (stream: Buffer): RestingStream => ({ bytes: stream, isPacked: false });

export function writeStream(writer: ByteWriter, { bytes, isPacked }: RestingStream): void {
  writer.writeVarint(bytes.length * 2 + (isPacked ? 1 : 0));
  writer.writeBytes(bytes);
}

/** As `StreamCodec.read`, but a view, and nothing is looked at. */
export function viewStream(reader: ByteReader): RestingStream {
  const header = reader.readVarint('length of stream');
  return { bytes: reader.readBytes('stream', Math.floor(header / 2)), isPacked: header % 2 === 1 };
}
