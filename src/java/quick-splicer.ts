import { TypeCode } from './constants.js';
import type { KnownClass } from './known-classes.js';
import { QuickKind } from './quick-handles.js';
import { QuickWalker } from './quick-walker.js';
import type { StreamSink } from './stream-sink.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Puts the value of a stream into another one, as a `Transcription` does that merges descriptors. */
class QuickSplicer extends QuickWalker {
  private out: StreamSink | undefined;
  private copiedTo = 0;
  /** What is passed over is written in another way. */
  private isMuted = false;

  /** True where it was done; else nothing was. */
  splice(stream: Buffer, sink: StreamSink): boolean {
    const mark = sink.mark();
    this.out = sink;
    this.isMuted = false;
    const isDone = this.walk(stream) === 1;
    this.out = undefined;
    if (isDone) {
      sink.nextHandle = this.handles.nextInCut;
    } else {
      sink.goBack(mark);
    }
    return isDone;
  }

  protected override beginCut(): void {
    this.handles.continueCut((this.out as StreamSink).nextHandle);
    this.copiedTo = this.at;
  }

  protected override flush(to: number): void {
    if (!this.isMuted) {
      this.out?.out.copy(this.bytes, this.copiedTo, to);
      this.copiedTo = to;
    }
  }

  protected override passOver(to: number): void {
    super.passOver(to);
    this.copiedTo = to;
  }

  /** What stands in a descriptor may have got no handle of its own. */
  protected override refer(handle: number): void {
    if (this.isMuted) {
      return;
    }
    const written = this.handles.inCut(handle);
    if (written < 0 || this.handles.kind(handle) === QuickKind.DESC) {
      throw UNFAMILIAR;
    }
    this.out?.reference(written);
  }

  protected override referDescriptor(handle: number): void {
    if (!this.isMuted) {
      this.write(this.handles.classOf(handle));
    }
  }

  protected override descriptor(start: number): number {
    if (this.bytes[start] === TypeCode.REFERENCE) {
      return super.descriptor(start);
    }
    this.flush(start);
    const next = this.handles.nextInCut;
    this.isMuted = true;
    const handle = super.descriptor(start);
    this.isMuted = false;
    const { handles } = this;
    let desc = handle;
    for (let known: KnownClass | null = handles.classOf(handle); known !== null && desc >= handle;) {
      this.expectTypes(known, desc);
      desc = handles.link(desc);
      known = known.superClass;
    }
    handles.hideFromCut(handle);
    handles.continueCut(next);
    this.write(handles.classOf(handle));
    this.copiedTo = this.at;
    return handle;
  }

  private write({ form }: KnownClass): void {
    const sink = this.out as StreamSink;
    sink.nextHandle = this.handles.nextInCut;
    sink.descriptor(form);
    this.handles.continueCut(sink.nextHandle);
  }
}

const splicer = new QuickSplicer();

/**
 * Writes the value of a stream that holds nothing else to a stream in the making. False where it is not as most are: then
 * nothing was written.
 */
export function spliceQuickly(stream: Buffer, sink: StreamSink): boolean {
  return splicer.splice(stream, sink);
}
