import { ByteWriter, SLAB_BYTES } from './byte-writer.js';
import { BASE_HANDLE, MAX_SHORT_BLOCK, MAX_UTF_BYTES, TypeCode } from './constants.js';
import type { JavaBlockData, JavaContent, JavaClassDesc, JavaDesc, JavaString, JavaText } from './model.js';
import { encodedLength } from './modified-utf8.js';
import { ClassDescNode } from './class-desc-node.js';
import { NodeHandles } from './node-handles.js';
import { StringNode, newEpoch } from './string-node.js';
import { NOTHING } from './stream-bytes.js';
import { unwritable } from './unwritable.js';

// What is imported is looked up each time that it is used; what stands here becomes part of the compiled code.
const { BLOCKDATA, BLOCKDATALONG, CLASSDESC, LONGSTRING, PROXYCLASSDESC, REFERENCE, STRING } = TypeCode;

/** Bytes of TC_STRING and of the length behind it. */
const STRING_HEAD = 3;
const FIRST_HANDLE = BASE_HANDLE;

/** Writes what holds nothing else, and numbers what is referred to: strings, names, blocks, bodies of descriptors. */
export class TokenWriter {
  readonly out = new ByteWriter(SLAB_BYTES);
  /** Handles of the epoch, but for those that nodes remember. */
  private readonly handles = new NodeHandles();
  private epoch = newEpoch();
  private nextHandle = FIRST_HANDLE;

  protected reset(): void {
    if (this.nextHandle > FIRST_HANDLE) {
      this.handles.clear();
      this.epoch = newEpoch();
      this.nextHandle = FIRST_HANDLE;
    }
  }

  protected assign(node: object): void {
    const handle = this.nextHandle++;
    if (node instanceof ClassDescNode) {
      node.remember(this.epoch, handle);
    } else {
      this.handles.set(node, handle);
    }
  }

  /** The handle under which `node`, which is no string, was written; undefined if it was not. */
  protected handleOf(node: object): number | undefined {
    return node instanceof ClassDescNode ? node.handleIn(this.epoch) : this.handles.get(node);
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

  /**
   * As many of `nodes` from `first` on as stand in a stream and are not written yet; returns which comes next. Those that
   * stand behind each other there are copied in one go.
   */
  protected strings(nodes: readonly (JavaContent | null)[], first: number): number {
    const { epoch } = this;
    let source: Buffer = NOTHING;
    let start = 0;
    let end = 0;
    let next = first;
    for (; next < nodes.length; next++) {
      const node = nodes[next];
      if (!(node instanceof StringNode) || node.start < 0 || StringNode.handle(node, epoch) !== undefined) {
        break;
      }
      StringNode.assign(node, epoch, this.nextHandle++);
      const at = node.start;
      if (at !== end || node.source !== source) {
        this.out.copy(source, start, end);
        source = node.source;
        start = at;
      }
      end = at + STRING_HEAD + node.value.length;
    }
    this.out.copy(source, start, end);
    return next;
  }

  protected string(node: JavaString): void {
    if (StringNode.assign(node, this.epoch, this.nextHandle)) {
      this.nextHandle++;
    } else {
      this.assign(node);
    }
    if (node instanceof StringNode && node.start >= 0) {
      this.out.copy(node.source, node.start, node.start + STRING_HEAD + node.value.length);
      return;
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
    if (desc instanceof ClassDescNode && desc.standsAsRead(this.epoch)) {
      this.copyClass(desc);
      return;
    }
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

  private copyClass(desc: ClassDescNode): void {
    this.assign(desc);
    for (const { signature } of desc.fields) {
      if (signature !== undefined) {
        StringNode.assign(signature, this.epoch, this.nextHandle++);
      }
    }
    this.out.copy(desc.source, desc.start, desc.end);
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
