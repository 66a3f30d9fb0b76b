import type { CanonicalDesc } from './canonical-desc.js';
import type { KnownClass } from './known-classes.js';
import { QuickOnlooker } from './quick-onlooker.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** A descriptor of a stream: bytes [start, end), behind so many handles since the one before; and what it is written as. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly handlesBefore: number;
  readonly form: CanonicalDesc;
}

/** Classes of one stream, and type strings of them: each is compared with each. */
const MAX_COMPARED = 32;

/**
 * Finds the class descriptors of a stream that is as most are, where a `StreamSink` would write them as they stand.
 */
class QuickPacker extends QuickOnlooker {
  private found: Replacement[] = [];
  /** Handles assigned behind the last descriptor. */
  private nextHandle = 0;
  /** What a sink would know by now: classes and type strings that were written, with their handles. */
  private readonly written: KnownClass[] = [];
  private readonly writtenHandles: number[] = [];
  private readonly types: Buffer[] = [];
  private readonly typeHandles: number[] = [];

  /** Undefined for a stream that is not as most are. */
  replacementsOf(stream: Buffer): readonly Replacement[] | undefined {
    this.found = [];
    this.nextHandle = 0;
    this.written.length = 0;
    this.writtenHandles.length = 0;
    this.types.length = 0;
    this.typeHandles.length = 0;
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
    const { handles, written, writtenHandles } = this;
    let expected = handle;
    let desc = handle;
    for (let known: KnownClass | null = handles.classOf(handle); known !== null; known = known.superClass) {
      const place = this.placeOf(known);
      if (place >= 0) {
        expect(desc, writtenHandles[place]);
        break;
      }
      expect(desc, expected);
      expected = this.rehearseTypes(known, desc);
      expect(written.push(known) <= MAX_COMPARED, true);
      writtenHandles.push(desc);
      desc = handles.link(desc);
    }
    expect(expected, handles.count);
  }

  /** Returns the handle behind those of the class and its type strings. */
  private rehearseTypes(known: KnownClass, desc: number): number {
    const { handles, types, typeHandles } = this;
    let expected = desc + 1;
    for (let i = 0; i < known.form.types.length; i++) {
      const type = known.form.types[i] as Buffer;
      const handle = handles.typeOf(desc, i);
      const place = this.placeOfType(type);
      if (place >= 0) {
        expect(handle, typeHandles[place]);
        continue;
      }
      expect(handle, expected++);
      this.expectType(type, handle);
      expect(types.push(type) <= MAX_COMPARED, true);
      typeHandles.push(handle);
    }
    return expected;
  }

  private placeOf(known: KnownClass): number {
    const { written } = this;
    for (let i = 0; i < written.length; i++) {
      if ((written[i] as KnownClass).equals(known)) {
        return i;
      }
    }
    return -1;
  }

  private placeOfType(type: Buffer): number {
    const { types } = this;
    for (let i = 0; i < types.length; i++) {
      const other = types[i] as Buffer;
      if (other === type || other.equals(type)) {
        return i;
      }
    }
    return -1;
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
