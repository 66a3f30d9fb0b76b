import { isTribesError, messageOf } from '../base/index.js';
import { packStream, unpackStream, type DescriptorDictionary } from '../java/index.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/**
 * A Java stream within a record: varint length * 2 + packed, bytes. A packed stream has its class descriptors in the
 * dictionary (`packStream`); one that cannot be packed, or gains nothing, rests as it is.
 *
 * To pack is most of the work of a `put`, and most of a record is what it was when it was read or put before. So the
 * packed form of a stream is remembered for as long as the stream itself is.
 */
export class StreamCodec {
  readonly #dictionary: DescriptorDictionary;
  /** What rests for a stream: its packed form, or the stream itself. */
  readonly #resting = new WeakMap<Buffer, Buffer>();

  constructor(dictionary: DescriptorDictionary) {
    this.#dictionary = dictionary;
  }

  write(writer: ByteWriter, stream: Buffer): void {
    let resting = this.#resting.get(stream);
    if (resting === undefined) {
      resting = this.#pack(stream);
      this.#resting.set(stream, resting);
    }
    writer.writeVarint(resting.length * 2 + (resting === stream ? 0 : 1));
    writer.writeBytes(resting);
  }

  /** A stream in memory of its own. Error: TRIBES_E_STORE_RECORD. */
  read(reader: ByteReader): Buffer {
    const header = reader.readVarint('length of stream');
    const resting = Buffer.from(reader.readBytes('stream', Math.floor(header / 2)));
    const stream = header % 2 === 0 ? resting : this.#unpack(resting, reader);
    this.#resting.set(stream, resting);
    return stream;
  }

  /** The stream itself if it is not one that can be understood, and when the dictionary is full. */
  #pack(stream: Buffer): Buffer {
    try {
      const packed = packStream(stream, this.#dictionary);
      return packed.length < stream.length ? packed : stream;
    } catch (error) {
      if (isTribesError(error)) {
        return stream;
      }
      throw error;
    }
  }

  #unpack(packed: Buffer, reader: ByteReader): Buffer {
    try {
      return unpackStream(packed, this.#dictionary);
    } catch (error) {
      throw reader.error('a packed Java stream', messageOf(error), { cause: error });
    }
  }
}
