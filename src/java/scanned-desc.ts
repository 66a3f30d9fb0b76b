import { decodeText } from './modified-utf8.js';
import { ClassFlags } from './model.js';

/**
 * How the data of an object lie in the stream: a list of instructions, three numbers each, for the classes of its
 * hierarchy from the topmost down. The third number is the place of the class in that hierarchy.
 */
export const Step = {
  /** The object ends. */
  END: 0,
  /** So many bytes of primitive fields. */
  PRIMITIVES: 1,
  /** So many values of object fields. */
  VALUES: 2,
  /** The same, of a class with writeObject and without primitive fields: an annotation may stand in their place. */
  VALUES_OR_NONE: 3,
  /**
   * A class with writeObject and primitive fields: nothing in the stream says whether it wrote them. The second number
   * is the place of the step that follows if it did not.
   */
  FIELDS_OR_NONE: 4,
  /** Contents until TC_ENDBLOCKDATA. */
  ANNOTATION: 5,
} as const;

export const STEP_SIZE = 3;

/** The cells of an array class: none, values, or primitives. */
export const NOT_AN_ARRAY = -1;
export const VALUE_CELLS = 0;

const NO_RUNS: readonly number[] = [];
const EXTERNALIZABLE_STEPS: readonly number[] = [Step.ANNOTATION, 0, 0, Step.END, 0, 0];

/** A class descriptor of either sort as a scan sees it: where it stands, and what is needed to pass over its instances. */
export class ScannedDesc {
  /** Place among the descriptors of its epoch. */
  readonly index: number;
  readonly bytes: Buffer;
  readonly proxy: boolean;
  handle = -1;
  nameStart = 0;
  nameEnd = 0;
  flags = ClassFlags.SERIALIZABLE as number;
  /** Offset of the field count of a class, of the interface count of a proxy. */
  bodyStart = 0;
  /** Lengths of runs of fields, alternately bytes of primitives and number of values, in stream order. */
  runs: readonly number[] = NO_RUNS;
  /** The next class up; known once `complete`. */
  superDesc: ScannedDesc | null = null;
  /** The descriptor that this one was read as the superclass of. */
  readonly subDesc: ScannedDesc | null;
  /** Classes from this one down to the one whose superclasses are being read. */
  readonly descent: number;
  /** False while its annotation or superclass are being read: nothing can be an instance of it yet. */
  complete = false;
  /** Classes from this one up. */
  hierarchy = 1;
  private cachedPrimitiveBytes: number | undefined;
  private cachedSteps: readonly number[] | undefined;
  private cachedClasses: readonly ScannedDesc[] | undefined;
  private cachedName: string | undefined;

  constructor(index: number, bytes: Buffer, proxy: boolean, subDesc: ScannedDesc | null) {
    this.index = index;
    this.bytes = bytes;
    this.proxy = proxy;
    this.subDesc = subDesc;
    this.descent = subDesc === null ? 1 : subDesc.descent + 1;
  }

  /** `java.lang.reflect.Proxy` for a proxy. */
  get className(): string {
    this.cachedName ??= this.proxy
      ? 'java.lang.reflect.Proxy'
      : decodeText(this.bytes, this.nameStart, this.nameEnd).value;
    return this.cachedName;
  }

  get externalizable(): boolean {
    return (this.flags & ClassFlags.EXTERNALIZABLE) !== 0;
  }

  /** Classes of the hierarchy, the topmost first. */
  get classes(): readonly ScannedDesc[] {
    this.cachedClasses ??= this.superDesc === null ? [this] : [...this.superDesc.classes, this];
    return this.cachedClasses;
  }

  /** The instructions for the data of an instance. */
  get steps(): readonly number[] {
    this.cachedSteps ??= this.externalizable ? EXTERNALIZABLE_STEPS : stepsOf(this.classes);
    return this.cachedSteps;
  }

  /** Bytes of an instance whose data are primitive fields only; -1 for others. */
  get primitiveBytes(): number {
    this.cachedPrimitiveBytes ??= this.externalizable ? -1 : primitiveBytesOf(this.steps);
    return this.cachedPrimitiveBytes;
  }

  /** Undoes the completion of this descriptor and of those that wait for it: it happened on a way that is given up. */
  reopen(): void {
    this.complete = false;
    this.superDesc = null;
    this.cachedSteps = undefined;
    this.cachedPrimitiveBytes = undefined;
    this.cachedClasses = undefined;
    this.subDesc?.reopen();
  }

  /** Bytes of a cell where this is the class of an array: VALUE_CELLS for object arrays, NOT_AN_ARRAY for others. */
  get cellSize(): number {
    if (this.proxy || this.nameEnd - this.nameStart < 2 || this.bytes[this.nameStart] !== 0x5b) {
      return NOT_AN_ARRAY;
    }
    switch (String.fromCharCode(this.bytes[this.nameStart + 1] as number)) {
      case 'B':
      case 'Z':
        return 1;
      case 'C':
      case 'S':
        return 2;
      case 'F':
      case 'I':
        return 4;
      case 'D':
      case 'J':
        return 8;
      case 'L':
      case '[':
        return VALUE_CELLS;
      default:
        return NOT_AN_ARRAY;
    }
  }
}

function stepsOf(classes: readonly ScannedDesc[]): readonly number[] {
  const steps: number[] = [];
  let place = 0;
  for (const desc of classes) {
    const { runs } = desc;
    const annotated = (desc.flags & ClassFlags.WRITE_METHOD) !== 0;
    const valuesOnly = runs.length === 2 && runs[0] === 0;
    const choice =
      annotated && runs.length > 0 && !valuesOnly ? steps.push(Step.FIELDS_OR_NONE, 0, place) : 0;
    for (let run = 0; run < runs.length; run++) {
      const length = runs[run] as number;
      if (length > 0) {
        const values = annotated && valuesOnly ? Step.VALUES_OR_NONE : Step.VALUES;
        steps.push(run % 2 === 0 ? Step.PRIMITIVES : values, length, place);
      }
    }
    if (choice > 0) {
      steps[choice - 2] = steps.length;
    }
    if (annotated) {
      steps.push(Step.ANNOTATION, 0, place);
    }
    place++;
  }
  steps.push(Step.END, 0, 0);
  return steps;
}

function primitiveBytesOf(steps: readonly number[]): number {
  let bytes = 0;
  for (let at = 0; steps[at] !== Step.END; at += STEP_SIZE) {
    if (steps[at] !== Step.PRIMITIVES) {
      return -1;
    }
    bytes += steps[at + 1] as number;
  }
  return bytes;
}
