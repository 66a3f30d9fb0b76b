import { TypeCode } from './constants.js';
import type { KnownClass, KnownClasses } from './known-classes.js';
import { STEP_SIZE, Step } from './layout.js';
import { MAX_HANDLES, NONE, QuickKind } from './quick-handles.js';
import { QuickTranscript } from './quick-transcript.js';
import { NOT_AN_ARRAY, VALUE_CELLS } from './scanned-desc.js';
import { standaloneDescriptor } from './standalone-descriptor.js';
import { UNFAMILIAR } from './unfamiliar.js';

/** Objects and arrays within each other. */
export const MAX_NESTING = 64;

/** In `left`: the contents of an annotation stand next. */
const IN_ANNOTATION = -1;

/** How the cells of an array lie, in the terms of an object; begun behind the first step. */
const CELLS: readonly number[] = [Step.VALUES, 0, 0, Step.END, 0, 0];

/**
 * Walks over values whose classes are all known and cuts each out of its stream as it goes: what `scanStream` and `cut`
 * do in two passes over many tables. What stands in the value is copied in long pieces, and only references are written
 * anew; what they refer to outside is put in if it cannot change.
 *
 * Everything else is UNFAMILIAR: what shares an object that can change with something outside, what is nested deeply, what
 * does not say whether a class wrote its fields, and every error.
 */
export class QuickCutter extends QuickTranscript {
  /** Where a class descriptor stands that is not known, and that nothing can be learned of by itself. */
  protected unknownAt = -1;
  /** Whether everything that is passed over goes into one cut, which was begun. */
  protected cutsWhole = false;
  /** Whether the value that was passed last has no values within it. */
  protected isFlat = false;
  private readonly classes: KnownClasses;
  /** What is open: its steps, the next of them, and the values still to come in a run. */
  private nesting = 0;
  private readonly steps = new Array<readonly number[]>(MAX_NESTING).fill(CELLS);
  private readonly nextStep = new Int32Array(MAX_NESTING);
  private readonly left = new Int32Array(MAX_NESTING);

  constructor(classes: KnownClasses, maxHandles = MAX_HANDLES) {
    super(maxHandles);
    this.classes = classes;
  }

  /** Passes over the next value, with a copy of it as a stream of its own in the sink. */
  protected cutValue(): void {
    if (!this.cutsWhole) {
      this.beginCut();
    }
    this.nesting = 0;
    this.value();
    this.isFlat = this.nesting === 0;
    while (this.advance()) {
      this.value();
    }
    this.flush(this.at);
  }

  // ---- values ----

  private value(): void {
    const { at } = this;
    switch (this.bytes[at]) {
      case TypeCode.NULL:
        this.goTo(at + 1);
        break;
      case TypeCode.REFERENCE:
        this.flush(at);
        this.refer(this.handleAt(at));
        this.passOver(at + 5);
        break;
      case TypeCode.STRING:
        this.string();
        break;
      case TypeCode.OBJECT:
        this.object();
        break;
      case TypeCode.ARRAY:
        this.array();
        break;
      case TypeCode.ENUM:
        this.enumConstant();
        break;
      case TypeCode.CLASS:
        this.handles.define(QuickKind.CLASS, 0, 0, this.descriptor(at + 1));
        break;
      default:
        throw UNFAMILIAR;
    }
  }

  private string(): void {
    const { at } = this;
    this.goTo(at + 3 + this.short(at + 1));
    this.handles.define(QuickKind.STRING, at, this.at, NONE);
  }

  private object(): void {
    const desc = this.descriptor(this.at + 1);
    const { primitiveBytes, isLeaf, steps } = this.handles.classOf(desc);
    if (primitiveBytes < 0) {
      this.handles.define(QuickKind.OTHER, 0, 0, desc);
      this.enter(steps, 0, 0);
      return;
    }
    this.goTo(this.at + primitiveBytes);
    this.handles.define(isLeaf ? QuickKind.LEAF : QuickKind.OTHER, 0, this.at, desc);
  }

  private array(): void {
    const desc = this.descriptor(this.at + 1);
    const { cellSize } = this.handles.classOf(desc);
    const length = this.lengthAt(this.at);
    this.goTo(this.at + 4);
    if (cellSize === NOT_AN_ARRAY) {
      throw UNFAMILIAR;
    }
    this.handles.define(QuickKind.OTHER, 0, 0, desc);
    if (cellSize === VALUE_CELLS) {
      this.enter(CELLS, STEP_SIZE, length);
    } else {
      this.goTo(this.at + length * cellSize);
    }
  }

  private enumConstant(): void {
    const desc = this.descriptor(this.at + 1);
    this.handles.define(QuickKind.ENUM, 0, 0, desc);
    if (this.bytes[this.at] !== TypeCode.STRING) {
      throw UNFAMILIAR;
    }
    this.string();
  }

  // ---- what is open ----

  private enter(steps: readonly number[], nextStep: number, left: number): void {
    const level = this.nesting++;
    if (level >= MAX_NESTING) {
      throw UNFAMILIAR;
    }
    this.steps[level] = steps;
    this.nextStep[level] = nextStep;
    this.left[level] = left;
  }

  /** Goes on with what is open until a value is needed; false when nothing is open any more. */
  private advance(): boolean {
    while (this.nesting > 0) {
      const level = this.nesting - 1;
      const left = this.left[level] as number;
      if (left > 0 && !this.endsFields(level)) {
        this.left[level] = left - 1;
        return true;
      }
      if (left < 0 && this.annotationGoesOn()) {
        return true;
      }
      this.left[level] = 0;
      this.step(level);
    }
    return false;
  }

  private step(level: number): void {
    const steps = this.steps[level] as readonly number[];
    const at = this.nextStep[level] as number;
    const count = steps[at + 1] as number;
    this.nextStep[level] = at + STEP_SIZE;
    switch (steps[at]) {
      case Step.PRIMITIVES:
        this.goTo(this.at + count);
        break;
      case Step.VALUES:
      case Step.VALUES_OR_NONE:
        this.left[level] = count;
        break;
      case Step.FIELDS_OR_NONE:
        if (mayBeAnnotation(this.bytes[this.at] as number)) {
          throw UNFAMILIAR;
        }
        break;
      case Step.ANNOTATION:
        this.left[level] = IN_ANNOTATION;
        break;
      default:
        this.nesting = level;
    }
  }

  /** `ValueGrammar.endsFields`: a block, or the end, where a value should stand. */
  private endsFields(level: number): boolean {
    const step = (this.steps[level] as readonly number[])[(this.nextStep[level] as number) - STEP_SIZE];
    if (step !== Step.VALUES_OR_NONE) {
      return false;
    }
    const code = this.bytes[this.at];
    return code === TypeCode.ENDBLOCKDATA || code === TypeCode.BLOCKDATA || code === TypeCode.BLOCKDATALONG;
  }

  /** True when something else than a block stands next; false behind the end of the annotation. */
  private annotationGoesOn(): boolean {
    for (;;) {
      const { at } = this;
      const code = this.bytes[at];
      if (code === TypeCode.BLOCKDATA) {
        this.goTo(at + 2 + (this.bytes[at + 1] as number));
      } else if (code === TypeCode.BLOCKDATALONG) {
        this.goTo(at + 5 + this.lengthAt(at + 1));
      } else if (code === TypeCode.ENDBLOCKDATA) {
        this.goTo(at + 1);
        return false;
      } else {
        return true;
      }
    }
  }

  // ---- class descriptors ----

  /** Passes over the class descriptor at `at`; returns its handle. */
  protected descriptor(at: number): number {
    if (this.bytes[at] === TypeCode.REFERENCE) {
      return this.descriptorReference(at);
    }
    const known = this.knownClassAt(at);
    this.at = at;
    const handle = this.ownDescriptor(known);
    this.superclass(handle, known);
    return handle;
  }

  protected knownClassAt(at: number): KnownClass {
    if (this.bytes[at] !== TypeCode.CLASSDESC) {
      throw UNFAMILIAR;
    }
    const known = this.candidateAt(at);
    if (known !== undefined) {
      return known;
    }
    const descriptor = standaloneDescriptor(this.bytes, at, this.end, this.handles);
    if (descriptor === undefined) {
      this.unknownAt = at;
      throw UNFAMILIAR;
    }
    const learned = this.classes.learnDescriptor(descriptor) ? this.candidateAt(at) : undefined;
    if (learned === undefined) {
      throw UNFAMILIAR;
    }
    return learned;
  }

  private candidateAt(at: number): KnownClass | undefined {
    const candidates = this.classes.candidates(this.bytes, at);
    for (let i = 0; i < candidates.length; i++) {
      const known = candidates[i] as KnownClass;
      const end = known.endOfOwn(this.bytes, at, this.end);
      if (end >= 0 && this.isSuperclassAt(known.superClass, end)) {
        return known;
      }
    }
    return undefined;
  }

  /** Whether `superClass`, or null, stands at `at`. */
  private isSuperclassAt(superClass: KnownClass | null, at: number): boolean {
    let start = at;
    for (let known = superClass; known !== null; known = known.superClass) {
      if (this.bytes[start] === TypeCode.REFERENCE) {
        const handle = this.handleAt(start);
        return this.handles.kind(handle) === QuickKind.DESC && this.handles.classOf(handle).equals(known);
      }
      start = known.endOfOwn(this.bytes, start, this.end);
      if (start < 0) {
        return false;
      }
    }
    return this.bytes[start] === TypeCode.NULL;
  }

  private descriptorReference(at: number): number {
    const handle = this.handleAt(at);
    if (this.handles.kind(handle) !== QuickKind.DESC) {
      throw UNFAMILIAR;
    }
    this.flush(at);
    this.referDescriptor(handle);
    this.passOver(at + 5);
    return handle;
  }

  /** The own bytes of `known` stand next: its handles are defined. */
  protected ownDescriptor(known: KnownClass): number {
    const { handles } = this;
    const { pieces } = known;
    const handle = handles.defineDesc(known);
    this.at += (pieces[0] as Buffer).length;
    for (let i = 1; i < pieces.length; i++) {
      this.typeString();
      this.at += (pieces[i] as Buffer).length;
    }
    return handle;
  }

  private typeString(): void {
    const { at, handles } = this;
    if (this.bytes[at] === TypeCode.STRING) {
      this.string();
      handles.addType(handles.count - 1);
      return;
    }
    const handle = this.handleAt(at);
    if (handles.kind(handle) !== QuickKind.STRING) {
      throw UNFAMILIAR;
    }
    this.flush(at);
    this.refer(handle);
    this.passOver(at + 5);
    handles.addType(handle);
  }

  /** The superclasses of `known`, which stand behind the own bytes of each class. */
  protected superclass(desc: number, known: KnownClass): void {
    let below = desc;
    for (let next = known.superClass; next !== null; next = next.superClass) {
      const isReference = this.bytes[this.at] === TypeCode.REFERENCE;
      const handle = isReference ? this.descriptorReference(this.at) : this.ownDescriptor(next);
      this.handles.setSuperclass(below, handle);
      if (isReference) {
        return;
      }
      below = handle;
    }
    this.goTo(this.at + 1);
  }
}

/** `ValueGrammar.annotationMayFollow`: what can begin a content, or end an annotation. */
function mayBeAnnotation(code: number): boolean {
  return code >= TypeCode.NULL && code <= TypeCode.ENUM && code !== TypeCode.RESET;
}
