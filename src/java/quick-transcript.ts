import { BASE_HANDLE, TypeCode } from './constants.js';
import type { KnownClass } from './known-classes.js';
import { QuickHandles, QuickKind } from './quick-handles.js';
import { QuickSink } from './quick-sink.js';
import { UNFAMILIAR } from './unfamiliar.js';

/**
 * The bytes of a stream, a place in them, and the copy that is made of what is passed over: in long pieces as it stands,
 * with only the references written anew. It is what a `Transcription` makes.
 */
export class QuickTranscript {
  protected bytes: Buffer = Buffer.alloc(0);
  /** Offset of the next byte. */
  protected at = 0;
  protected end = 0;
  protected readonly handles: QuickHandles;
  protected readonly sink = new QuickSink();
  /** Where that begins which is copied as it stands. */
  private pieceStart = 0;

  constructor(maxHandles: number) {
    this.handles = new QuickHandles(maxHandles);
  }

  protected begin(bytes: Buffer): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.handles.clear();
    this.sink.clear();
  }

  // ---- reading ----

  protected int(at: number): number {
    const { bytes } = this;
    return (
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
    );
  }

  /** An int that must not be negative. */
  protected lengthAt(at: number): number {
    const length = this.int(at);
    if (length < 0) {
      throw UNFAMILIAR;
    }
    return length;
  }

  protected short(at: number): number {
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  /** Goes on at `to`, which has to be within the stream. Every byte that was taken was one of it then. */
  protected goTo(to: number): void {
    if (to > this.end) {
      throw UNFAMILIAR;
    }
    this.at = to;
  }

  /** The handle behind the TC_REFERENCE at `at`. */
  protected handleAt(at: number): number {
    const handle = this.int(at + 1) - BASE_HANDLE;
    if (handle < 0 || handle >= this.handles.count) {
      throw UNFAMILIAR;
    }
    return handle;
  }

  // ---- writing ----

  /** What is passed over from here on goes into a stream of its own. */
  protected beginCut(): void {
    this.handles.beginCut();
    this.sink.beginCut();
    this.pieceStart = this.at;
  }

  /** Returns the number of the cut. */
  protected endCut(): number {
    return this.sink.endCut();
  }

  /** Writes what stands before `to` and was not written yet. */
  protected flush(to: number): void {
    this.sink.copy(this.bytes, this.pieceStart, to);
    this.pieceStart = to;
  }

  /** Goes on at `to`; what stands before it was written in another way. */
  protected passOver(to: number): void {
    this.goTo(to);
    this.pieceStart = to;
  }

  /** A reference to `handle`; or, where it is not in the cut, what it stands for, which must not be able to change. */
  protected refer(handle: number): void {
    const { handles, sink } = this;
    if (this.isWritten(handle)) {
      return;
    }
    switch (handles.kind(handle)) {
      case QuickKind.STRING:
        handles.write(handle);
        sink.copy(this.bytes, handles.start(handle), handles.end(handle));
        break;
      case QuickKind.LEAF: {
        const desc = handles.link(handle);
        const end = handles.end(handle);
        sink.u8(TypeCode.OBJECT);
        this.referDescriptor(desc);
        handles.write(handle);
        sink.copy(this.bytes, end - handles.classOf(desc).primitiveBytes, end);
        break;
      }
      case QuickKind.ENUM:
        sink.u8(TypeCode.ENUM);
        this.referDescriptor(handles.link(handle));
        handles.write(handle);
        this.putConstantName(handle + 1);
        break;
      case QuickKind.CLASS:
        sink.u8(TypeCode.CLASS);
        this.referDescriptor(handles.link(handle));
        handles.write(handle);
        break;
      default:
        throw UNFAMILIAR;
    }
  }

  /** The name of a constant is never a reference, also where it was written before as a string of its own. */
  private putConstantName(handle: number): void {
    const { handles } = this;
    if (handles.inCut(handle) < 0) {
      handles.write(handle);
    } else {
      handles.passOver();
    }
    this.sink.copy(this.bytes, handles.start(handle), handles.end(handle));
  }

  protected referDescriptor(desc: number): void {
    const { handles, sink } = this;
    for (let next = desc; !this.isWritten(next); next = handles.link(next)) {
      handles.write(next);
      const { pieces, superClass } = handles.classOf(next);
      sink.copy(pieces[0] as Buffer, 0, (pieces[0] as Buffer).length);
      for (let i = 1; i < pieces.length; i++) {
        const piece = pieces[i] as Buffer;
        this.refer(handles.typeOf(next, i - 1));
        sink.copy(piece, 0, piece.length);
      }
      if (superClass === null) {
        sink.u8(TypeCode.NULL);
        return;
      }
    }
  }

  /** Makes sure that the type strings of a class are those that were met with it before. */
  protected expectTypes(known: KnownClass, desc: number): void {
    const { types } = known.form;
    for (let i = 0; i < types.length; i++) {
      this.expectType(types[i] as Buffer, this.handles.typeOf(desc, i));
    }
  }

  protected expectType(type: Buffer, handle: number): void {
    const { bytes, handles } = this;
    const start = handles.start(handle);
    if (handles.end(handle) - start !== type.length) {
      throw UNFAMILIAR;
    }
    for (let i = 0; i < type.length; i++) {
      if (bytes[start + i] !== type[i]) {
        throw UNFAMILIAR;
      }
    }
  }

  /** Writes a reference if `handle` is in the cut. */
  private isWritten(handle: number): boolean {
    const number = this.handles.inCut(handle);
    if (number < 0) {
      return false;
    }
    this.sink.reference(number);
    return true;
  }
}
