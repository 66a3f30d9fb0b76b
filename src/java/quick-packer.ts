import type { CanonicalDesc } from './canonical-desc.js';
import type { KnownClass } from './known-classes.js';
import { QuickOnlooker } from './quick-onlooker.js';
import { UNFAMILIAR } from './unfamiliar.js';
import { WrittenDescriptors } from './written-descriptors.js';

/** A descriptor of a stream: bytes [start, end), behind so many handles since the one before; and what it is written as. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly handlesBefore: number;
  readonly form: CanonicalDesc;
}

/**
 * Finds the class descriptors of a stream that is as most are, where a `StreamSink` would write them as they stand.
 */
class QuickPacker extends QuickOnlooker {
  private found: Replacement[] = [];
  /** Handles assigned behind the last descriptor. */
  private nextHandle = 0;
  /** What a sink would know by now. */
  private readonly written = new WrittenDescriptors();

  /** Undefined for a stream that is not as most are. */
  replacementsOf(stream: Buffer): readonly Replacement[] | undefined {
    this.found = [];
    this.nextHandle = 0;
    this.written.clear();
    return this.walk(stream) > 0 ? this.found : undefined;
  }

  protected describes(handle: number, start: number): void {
    this.rehearse(handle);
    const { form } = this.handles.classOf(handle);
    this.found.push({ start, end: this.at, handlesBefore: handle - this.nextHandle, form });
    this.nextHandle = this.handles.count;
  }

  /** Whether a sink would assign these handles, and refer to these, if it wrote the descriptor that was passed last. */
  private rehearse(handle: number): void {
    const { handles, written } = this;
    let expected = handle;
    let desc = handle;
    for (let known: KnownClass | null = handles.classOf(handle); known !== null; known = known.superClass) {
      const before = written.handleOf(known);
      if (before >= 0) {
        expect(desc, before);
        break;
      }
      expect(desc, expected);
      expected = this.rehearseTypes(known, desc);
      expect(written.add(known, desc), true);
      desc = handles.link(desc);
    }
    expect(expected, handles.count);
  }

  /** Returns the handle behind those of the class and its type strings. */
  private rehearseTypes(known: KnownClass, desc: number): number {
    const { handles, written } = this;
    let expected = desc + 1;
    for (let i = 0; i < known.form.types.length; i++) {
      const type = known.form.types[i] as Buffer;
      const handle = handles.typeOf(desc, i);
      const before = written.handleOfType(type);
      if (before >= 0) {
        expect(handle, before);
        continue;
      }
      expect(handle, expected++);
      this.expectType(type, handle);
      expect(written.addType(type, handle), true);
    }
    return expected;
  }
}

function expect<T>(found: T, expected: T): void {
  if (found !== expected) {
    throw UNFAMILIAR;
  }
}

const packer = new QuickPacker();

/**
 * The descriptors that can be replaced in a stream so that unpacking gives the same bytes. Undefined for a stream that is not
 * as most are, which says nothing about it.
 */
export function quickReplacements(stream: Buffer): readonly Replacement[] | undefined {
  return packer.replacementsOf(stream);
}
