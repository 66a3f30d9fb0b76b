import { ByteWriter, SLAB_BYTES } from './byte-writer.js';
import { BASE_HANDLE, MAX_SHORT_BLOCK, MAX_UTF_BYTES, TypeCode } from './constants.js';
import type { JavaBlockData, JavaClassDesc, JavaDesc, JavaString, JavaText } from './model.js';
import { encodedLength } from './modified-utf8.js';
import { StringNode, newEpoch } from './string-node.js';
import { unwritable } from './unwritable.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { BLOCKDATA, BLOCKDATALONG, CLASSDESC, LONGSTRING, PROXYCLASSDESC, REFERENCE, STRING } = TypeCode;

/** Writes what holds nothing else, and numbers what is referred to: strings, names, blocks, bodies of descriptors. */
export class TokenWriter {
  readonly out = new ByteWriter(SLAB_BYTES);
  /** Handles of the epoch, but for those that strings remember. */
  protected handles = new Map<object, number>();
  private epoch = newEpoch();
  private nextHandle = BASE_HANDLE;

  protected reset(): void {
    if (this.nextHandle > BASE_HANDLE) {
      this.handles = new Map();
      this.epoch = newEpoch();
      this.nextHandle = BASE_HANDLE;
    }
  }

  protected assign(node: object): void {
    this.handles.set(node, this.nextHandle++);
  }

  protected reference(handle: number): void {
    this.out.u8i32(REFERENCE, handle);
  }

  protected stringOrReference(node: JavaString): void {
    const remembered = StringNode.handle(node, this.epoch);
    const handle = remembered === null ? this.handles.get(node) : remembered;
    if (handle === undefined) {
      this.string(node);
    } else {
      this.reference(handle);
    }
  }

  protected string(node: JavaString): void {
    if (StringNode.assign(node, this.epoch, this.nextHandle)) {
      this.nextHandle++;
    } else {
      this.assign(node);
    }
    const { value, bytes, long } = node;
    if (bytes === undefined && long === undefined && this.out.shortUtf(value, STRING)) {
      return;
    }
    const length = bytes?.length ?? encodedLength(value);
    if (length > MAX_UTF_BYTES || long === true) {
      this.out.u8(LONGSTRING);
      this.out.i64(BigInt(length));
    } else {
      this.out.u8(STRING);
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
    if (text.bytes === undefined && this.out.shortUtf(text.value)) {
      return;
    }
    const length = text.bytes?.length ?? encodedLength(text.value);
    if (length > MAX_UTF_BYTES) {
      throw unwritable(`a name takes ${length} bytes, ${MAX_UTF_BYTES} are allowed`);
    }
    this.out.u16(length);
    this.text(text, length);
  }

  protected blockData({ bytes, long }: JavaBlockData): void {
    if (bytes.length > MAX_SHORT_BLOCK || long === true) {
      this.out.u8(BLOCKDATALONG);
      this.out.i32(bytes.length);
    } else {
      this.out.u8(BLOCKDATA);
      this.out.u8(bytes.length);
    }
    this.out.bytes(bytes);
  }

  protected descBody(desc: JavaDesc): void {
    if (desc.kind === 'classDesc') {
      this.classBody(desc);
      return;
    }
    this.out.u8(PROXYCLASSDESC);
    this.assign(desc);
    this.out.i32(desc.interfaces.length);
    for (const name of desc.interfaces) {
      this.utf(name);
    }
  }

  private classBody(desc: JavaClassDesc): void {
    this.out.u8(CLASSDESC);
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
        this.stringOrReference(signature);
      }
    }
  }
}
