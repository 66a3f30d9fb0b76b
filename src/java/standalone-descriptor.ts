import { BASE_HANDLE, STREAM_HEADER, TypeCode } from './constants.js';
import { MAX_BYTES, MAX_HIERARCHY } from './known-classes.js';
import { QuickKind, type QuickHandles } from './quick-handles.js';

/** Field types `L` and `[`. */
const OBJECT_FIELD = 0x4c;
const ARRAY_FIELD = 0x5b;

/** Bytes of a serialVersionUID and of the flags. */
const UID_AND_FLAGS = 9;

/**
 * The class descriptor at `at` as a stream of its own: what it refers to elsewhere, type strings and superclasses, is put in.
 * Undefined for one that is long, a proxy's, torn, annotated, or refers to what is neither.
 *
 * @param handles those before `at`.
 */
export function standaloneDescriptor(
  bytes: Buffer,
  at: number,
  end: number,
  handles: QuickHandles,
): Buffer | undefined {
  const limit = Math.min(end, at + MAX_BYTES);
  const copy = new DescriptorCopy(bytes, limit, handles);
  let next = at;
  for (let classes = 0; classes < MAX_HIERARCHY; classes++) {
    switch (next < limit ? bytes[next] : undefined) {
      case TypeCode.CLASSDESC: {
        const behind = copy.ownPart(next);
        if (behind === undefined) {
          return undefined;
        }
        next = behind;
        break;
      }
      case TypeCode.REFERENCE:
        return copy.knownClass(next) ? copy.toBuffer() : undefined;
      case TypeCode.NULL:
        return copy.topmost(next);
      default:
        return undefined;
    }
  }
  return undefined;
}

class DescriptorCopy {
  private readonly bytes: Buffer;
  private readonly limit: number;
  private readonly handles: QuickHandles;
  private readonly pieces: Buffer[] = [STREAM_HEADER];
  /** Of what was put in: it can be much longer than what refers to it. */
  private putIn = 0;
  /** Type strings that the descriptor itself defines, by their handles; undefined for the classes. */
  private readonly own: (Buffer | undefined)[] = [];

  constructor(bytes: Buffer, limit: number, handles: QuickHandles) {
    this.bytes = bytes;
    this.limit = limit;
    this.handles = handles;
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.pieces);
  }

  topmost(at: number): Buffer {
    this.pieces.push(this.bytes.subarray(at, at + 1));
    return this.toBuffer();
  }

  /** Copies a class without its superclasses; returns where those begin. */
  ownPart(at: number): number | undefined {
    const { bytes, limit } = this;
    this.own.push(undefined);
    const fieldsAt = this.behindText(at + 1) + UID_AND_FLAGS;
    if (fieldsAt + 2 > limit) {
      return undefined;
    }
    let pieceStart = at;
    let next = fieldsAt + 2;
    for (let left = bytes.readUInt16BE(fieldsAt); left > 0; left--) {
      const type = bytes[next];
      next = this.behindText(next + 1);
      if (type === OBJECT_FIELD || type === ARRAY_FIELD) {
        const string = this.typeString(next);
        if (string === undefined) {
          return undefined;
        }
        this.pieces.push(bytes.subarray(pieceStart, next), string);
        this.putIn += string.length;
        if (this.putIn > MAX_BYTES) {
          return undefined;
        }
        next += bytes[next] === TypeCode.REFERENCE ? 5 : string.length;
        pieceStart = next;
      }
      if (next >= limit) {
        return undefined;
      }
    }
    if (bytes[next] !== TypeCode.ENDBLOCKDATA) {
      return undefined;
    }
    this.pieces.push(bytes.subarray(pieceStart, next + 1));
    return next + 1;
  }

  /** Puts in a class that was met before, with its superclasses. False where no class is referred to. */
  knownClass(at: number): boolean {
    const { handles } = this;
    const handle = this.handleAt(at);
    if (handle < 0 || handle >= handles.count || handles.kind(handle) !== QuickKind.DESC) {
      return false;
    }
    this.pieces.push(Buffer.from(handles.classOf(handle).key, 'latin1'));
    return true;
  }

  private typeString(at: number): Buffer | undefined {
    const { bytes, limit, handles, own } = this;
    if (bytes[at] === TypeCode.STRING) {
      const end = this.behindText(at + 1);
      const string = end > limit ? undefined : bytes.subarray(at, end);
      own.push(string);
      return string;
    }
    if (bytes[at] !== TypeCode.REFERENCE) {
      return undefined;
    }
    const handle = this.handleAt(at);
    if (handle >= handles.count) {
      return own[handle - handles.count];
    }
    return handle >= 0 && handles.kind(handle) === QuickKind.STRING
      ? bytes.subarray(handles.start(handle), handles.end(handle))
      : undefined;
  }

  /** Infinity where it is beyond the limit. */
  private behindText(at: number): number {
    const end = at + 2 <= this.limit ? at + 2 + this.bytes.readUInt16BE(at) : Infinity;
    return end <= this.limit ? end : Infinity;
  }

  /** -1 where none stands there. */
  private handleAt(at: number): number {
    return at + 5 <= this.limit ? this.bytes.readInt32BE(at + 1) - BASE_HANDLE : -1;
  }
}
