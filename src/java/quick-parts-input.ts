import type { KnownClass } from './known-classes.js';
import { NONE, QuickKind } from './quick-handles.js';
import { QuickInput, type QuickPlace } from './quick-input.js';
import { StreamParts, type LeftOut } from './stream-parts.js';
import { UNFAMILIAR } from './unfamiliar.js';
import { WrittenDescriptors } from './written-descriptors.js';

const NOTHING_LEFT_OUT: readonly LeftOut[] = [];

/** Of so many cuts what was left out is kept for the next stream, to save time. */
const MAX_KEPT = 1024;

/**
 * Cuts objects out in parts: what they refer to of the class descriptors of the stream is not copied into the cut, but noted as
 * left out, as long as the cut would have them as a `StreamSink` writes them. Whatever is not so is UNFAMILIAR then; so is
 * a descriptor that stands within what is cut.
 */
export class PartsInput extends QuickInput {
  /** Whether descriptors are left out. */
  protected leavesOut = false;
  private readonly written = new WrittenDescriptors();
  /** Of the cut at hand: its descriptors, and what stood before the next one. */
  private leftOut: LeftOut[] | undefined;
  private bytesBehind = 0;
  private handlesBehind = 0;
  /** Of the cuts so far. */
  private readonly leftOutOf: (readonly LeftOut[])[] = [];
  private leftOutBytes = 0;

  /** What was cut out since the last call, in memory of its own. */
  takeParts(): readonly StreamParts[] {
    const { sink } = this;
    const memory = sink.takeMemory();
    const parts: StreamParts[] = [];
    let start = 0;
    for (let cut = 0; cut < sink.cuts; cut++) {
      const end = sink.endOf(cut);
      parts.push(new StreamParts(memory, start, end, this.leftOutOf[cut] as readonly LeftOut[]));
      start = end;
    }
    this.forgetCuts();
    return parts;
  }

  /** Of all cuts since the last call of `takeParts`, with what was left out. */
  protected get byteLength(): number {
    return this.sink.byteLength + this.leftOutBytes;
  }

  protected override goBack(place: QuickPlace): void {
    super.goBack(place);
    this.forgetCuts();
  }

  protected override begin(stream: Buffer): void {
    super.begin(stream);
    this.forgetCuts();
  }

  private forgetCuts(): void {
    this.sink.clear();
    this.leftOutBytes = 0;
    if (this.leftOutOf.length > MAX_KEPT) {
      this.leftOutOf.length = 0;
    }
  }

  /** Only of what was cut out whole. */
  override takeCuts(): readonly Buffer[] {
    return this.leavesOut ? this.giveUp() : super.takeCuts();
  }

  protected override beginCut(): void {
    super.beginCut();
    if (this.leavesOut) {
      this.written.clear();
      this.leftOut = undefined;
      this.bytesBehind = this.sink.cutLength;
      this.handlesBehind = 0;
    }
  }

  protected override endCut(): number {
    const cut = super.endCut();
    this.leftOutOf[cut] = (this.leavesOut ? this.leftOut : undefined) ?? NOTHING_LEFT_OUT;
    return cut;
  }

  protected override knownClassAt(at: number): KnownClass {
    if (this.leavesOut) {
      throw UNFAMILIAR;
    }
    return super.knownClassAt(at);
  }

  /** A descriptor that was left out is nothing that a value could be. */
  protected override refer(handle: number): void {
    if (this.leavesOut && this.handles.kind(handle) === QuickKind.DESC) {
      throw UNFAMILIAR;
    }
    super.refer(handle);
  }

  protected override referDescriptor(desc: number): void {
    if (this.leavesOut && this.handles.inCut(desc) < 0) {
      this.leaveOut(desc);
    } else {
      super.referDescriptor(desc);
    }
  }

  private leaveOut(desc: number): void {
    const { handles, sink, written } = this;
    const { form } = handles.classOf(desc);
    (this.leftOut ??= []).push({
      bytesBefore: sink.cutLength - this.bytesBehind,
      handlesBefore: handles.nextInCut - this.handlesBehind,
      form,
    });
    for (let next = desc; next !== NONE && handles.inCut(next) < 0; next = handles.link(next)) {
      const known = handles.classOf(next);
      const isNew = written.handleOf(known) < 0 && written.add(known, next);
      if (!isNew) {
        throw UNFAMILIAR;
      }
      handles.write(next);
      this.leaveOutTypes(known, next);
    }
    this.bytesBehind = sink.cutLength;
    this.handlesBehind = handles.nextInCut;
    this.leftOutBytes += form.bytes.length;
  }

  private leaveOutTypes(known: KnownClass, desc: number): void {
    const { handles, written } = this;
    const { types } = known.form;
    for (let i = 0; i < types.length; i++) {
      const type = types[i] as Buffer;
      const handle = handles.typeOf(desc, i);
      const before = written.handleOfType(type);
      if (before >= 0 ? before !== handle : handles.inCut(handle) >= 0) {
        throw UNFAMILIAR;
      }
      if (before < 0) {
        this.expectType(type, handle);
        if (!written.addType(type, handle)) {
          throw UNFAMILIAR;
        }
        handles.write(handle);
      }
    }
  }
}
