import { Box } from './boxes.js';
import { ByteWriter } from './byte-writer.js';
import { MAX_BLOCK_SIZE, MAX_UTF_BYTES } from './constants.js';
import type { JavaClassDesc } from './model.js';
import { encodedLength } from './modified-utf8.js';
import type { ObjectOutput } from './object-input.js';
import { unwritable } from './unwritable.js';

/**
 * The half of an `ObjectOutput` that gathers primitives into block-data records, as
 * `ObjectOutputStream.BlockDataOutputStream` does: a record is full at 1024 bytes, and ends where an object begins.
 */
export abstract class BlockOutput<V> implements ObjectOutput<V> {
  private readonly pending = new ByteWriter(64);

  protected abstract putRecord(bytes: Buffer): void;
  protected abstract putObject(value: V): void;
  protected abstract putString(value: string | null): void;
  protected abstract putBox(desc: JavaClassDesc, value: number | bigint | boolean): void;

  writeBoolean(value: boolean): void {
    this.pending.u8(value ? 1 : 0);
  }

  writeByte(value: number): void {
    this.pending.u8(value);
  }

  writeInt(value: number): void {
    this.pending.i32(value);
  }

  writeLong(value: bigint): void {
    this.pending.i64(value);
  }

  /** Error: TRIBES_E_JAVA_UNWRITABLE when the text takes more than 65535 bytes (`UTFDataFormatException` in a JVM). */
  writeUTF(value: string): void {
    const length = encodedLength(value);
    if (length > MAX_UTF_BYTES) {
      throw unwritable(`writeUTF of a text that takes ${length} bytes, ${MAX_UTF_BYTES} are allowed`);
    }
    this.pending.u16(length);
    this.pending.text(value, length);
  }

  writeBytes(value: Uint8Array): void {
    this.pending.bytes(value);
  }

  writeObject(value: V): void {
    this.flush();
    this.putObject(value);
  }

  writeStringObject(value: string | null): void {
    this.flush();
    this.putString(value);
  }

  writeIntegerObject(value: number): void {
    this.flush();
    this.putBox(Box.INTEGER, value);
  }

  writeLongObject(value: bigint): void {
    this.flush();
    this.putBox(Box.LONG, value);
  }

  writeBooleanObject(value: boolean): void {
    this.flush();
    this.putBox(Box.BOOLEAN, value);
  }

  /** Ends the record that is open. */
  protected flush(): void {
    if (this.pending.length === 0) {
      return;
    }
    const bytes = this.pending.view();
    for (let at = 0; at < bytes.length; at += MAX_BLOCK_SIZE) {
      this.putRecord(bytes.subarray(at, at + MAX_BLOCK_SIZE));
    }
    this.pending.clear();
  }
}
