import { ByteWriter } from './byte-writer.js';
import { BASE_HANDLE, MAX_SHORT_BLOCK, MAX_UTF_BYTES, STREAM_HEADER, TypeCode } from './constants.js';
import type { JavaBlockData, JavaClassDesc, JavaDesc, JavaString, JavaText } from './model.js';
import { encodedLength } from './modified-utf8.js';
import { unwritable } from './unwritable.js';

/** Writes what holds nothing else, and numbers what is referred to: strings, names, blocks, bodies of descriptors. */
export class TokenWriter {
  readonly out = new ByteWriter();
  /** Handles of the epoch. */
  protected readonly handles = new Map<object, number>();
  private nextHandle = BASE_HANDLE;

  constructor() {
    this.out.bytes(STREAM_HEADER);
  }

  protected reset(): void {
    this.handles.clear();
    this.nextHandle = BASE_HANDLE;
  }

  protected assign(node: object): void {
    this.handles.set(node, this.nextHandle++);
  }

  protected reference(handle: number): void {
    this.out.u8(TypeCode.REFERENCE);
    this.out.i32(handle);
  }

  protected string(node: JavaString): void {
    this.assign(node);
    const length = node.bytes?.length ?? encodedLength(node.value);
    if (length > MAX_UTF_BYTES || node.long === true) {
      this.out.u8(TypeCode.LONGSTRING);
      this.out.i64(BigInt(length));
    } else {
      this.out.u8(TypeCode.STRING);
      this.out.u16(length);
    }
    this.text(node, length);
  }

  private text(text: JavaText, length: number): void {
    if (text.bytes === undefined) {
      this.out.text(text.value, length);
    } else {
      this.out.bytes(text.bytes);
    }
  }

  private utf(text: JavaText): void {
    const length = text.bytes?.length ?? encodedLength(text.value);
    if (length > MAX_UTF_BYTES) {
      throw unwritable(`a name takes ${length} bytes, ${MAX_UTF_BYTES} are allowed`);
    }
    this.out.u16(length);
    this.text(text, length);
  }

  protected blockData({ bytes, long }: JavaBlockData): void {
    if (bytes.length > MAX_SHORT_BLOCK || long === true) {
      this.out.u8(TypeCode.BLOCKDATALONG);
      this.out.i32(bytes.length);
    } else {
      this.out.u8(TypeCode.BLOCKDATA);
      this.out.u8(bytes.length);
    }
    this.out.bytes(bytes);
  }

  protected descBody(desc: JavaDesc): void {
    if (desc.kind === 'classDesc') {
      this.classBody(desc);
      return;
    }
    this.out.u8(TypeCode.PROXYCLASSDESC);
    this.assign(desc);
    this.out.i32(desc.interfaces.length);
    for (const name of desc.interfaces) {
      this.utf(name);
    }
  }

  private classBody(desc: JavaClassDesc): void {
    this.out.u8(TypeCode.CLASSDESC);
    this.utf(desc.name);
    this.out.i64(desc.serialVersionUID);
    this.assign(desc);
    this.out.u8(desc.flags);
    this.out.u16(desc.fields.length);
    for (const { type, name, signature } of desc.fields) {
      this.out.u8(type.charCodeAt(0));
      this.utf(name);
      if (type === 'L' || type === '[') {
        if (signature === undefined) {
          throw unwritable(`field ${name.value} of ${desc.name.value} has no type`);
        }
        this.typeString(signature);
      }
    }
  }

  private typeString(signature: JavaString): void {
    const handle = this.handles.get(signature);
    if (handle === undefined) {
      this.string(signature);
    } else {
      this.reference(handle);
    }
  }
}
