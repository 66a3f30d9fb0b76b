/** Fills a buffer of known length with the big-endian layouts of Tribes. */
export class WireWriter {
  readonly bytes: Buffer;
  #offset = 0;

  constructor(length: number) {
    this.bytes = Buffer.allocUnsafe(length);
  }

  writeInt8(value: number): this {
    this.#offset = this.bytes.writeInt8(value, this.#offset);
    return this;
  }

  writeInt32(value: number): this {
    this.#offset = this.bytes.writeInt32BE(value, this.#offset);
    return this;
  }

  writeInt64(value: bigint): this {
    this.#offset = this.bytes.writeBigInt64BE(value, this.#offset);
    return this;
  }

  writeBytes(value: Uint8Array): this {
    this.bytes.set(value, this.#offset);
    this.#offset += value.length;
    return this;
  }

  writeCountedBytes(value: Uint8Array): this {
    return this.writeInt32(value.length).writeBytes(value);
  }
}
