import { TribesError, defaultJavaLimits, isTribesError } from '../../base/index.js';
import { isValue } from '../contents.js';
import type { JavaClassDesc, JavaDesc, JavaEnum, JavaObject, JavaText, JavaValue } from '../model.js';
import { readStream } from '../reader.js';
import { javaClassName } from '../views/class-name.js';
import { timeConstants } from '../typed/time-makers.js';
import { valueDesc } from '../typed/value-descriptors.js';
import type { ClassRules } from './class-rules.js';
import { hashedBy, HashCost, referencesOf } from './hash-cost.js';
import { namesAnywhere } from './hidden-names.js';
import { shapeProblem } from './value-shapes.js';

/** What a value may be that is to be sent to others, whose JVMs will read it. */
export interface VettingRules {
  readonly classes: ClassRules;
  /** Length of its stream. */
  readonly maxBytes: number;
  /** Nesting, of the stream and of what its references make of it: a JVM goes through it on its call stack. */
  readonly maxDepth: number;
}

export interface VettedValue {
  /** As a program sees it (`javaClassName`). */
  readonly className: string;
}

/** Objects that a JVM may visit to compute the hash codes that reading the value takes. */
const MAX_HASH_VISITS = 1_000_000;

/** Keys of one container whose equal hash codes a JVM can only tell apart by comparing each with all others. */
const MAX_UNORDERED_KEYS = 1_024;

/**
 * Judges a Java stream by everything that is in it. Errors: TRIBES_E_WRITE_LIMIT for its size, its depth, or what
 * reading it takes; TRIBES_E_WRITE_CLASS for the first class in it that is not allowed, wherever it stands;
 * TRIBES_E_WRITE_STREAM when it is not exactly one value, or a class in it is not as the JDK writes it.
 */
export function vetValue(bytes: Buffer, { classes, maxBytes, maxDepth }: VettingRules): VettedValue {
  if (bytes.length > maxBytes) {
    throw exceeded('maxBytes', `${bytes.length} bytes`, maxBytes);
  }
  for (const name of namesAnywhere(bytes)) {
    checkClass(name, classes);
  }
  const value = readOne(bytes, maxDepth);
  if (value === null) {
    // `DeltaRequest.execute` would remove the attribute.
    throw wrong('it holds null, which no attribute can be');
  }
  new Vetting(classes, maxDepth).vet(value);
  return { className: javaClassName(value) ?? '' };
}

function readOne(bytes: Buffer, maxDepth: number): JavaValue {
  const limits = { ...defaultJavaLimits, maxBytes: bytes.length, maxDepth, maxArrayCells: bytes.length };
  try {
    const { contents, opaque } = readStream(bytes, limits);
    if (opaque !== undefined) {
      throw wrong(`it cannot be understood without the class ${opaque.className}`);
    }
    const [value] = contents;
    if (value === undefined || contents.length > 1 || !isValue(value)) {
      throw wrong('it does not hold exactly one value');
    }
    return value;
  } catch (error) {
    if (isTribesError(error, 'TRIBES_E_JAVA_LIMIT') && error.params['limit'] === 'maxDepth') {
      throw exceeded('maxDepth', 'deeper nesting', maxDepth);
    }
    throw error;
  }
}

class Vetting {
  readonly #classes: ClassRules;
  readonly #maxDepth: number;
  readonly #descs = new Set<JavaDesc>();
  readonly #scalars = new Map<JavaDesc, boolean>();
  /** Levels below each value that has been vetted. */
  readonly #heights = new Map<JavaValue, number>();
  readonly #hashCost = new HashCost();
  #hashVisits = 0;

  constructor(classes: ClassRules, maxDepth: number) {
    this.#classes = classes;
    this.#maxDepth = maxDepth;
  }

  vet(value: JavaValue): void {
    this.#vet(value, 1);
  }

  /** @returns the levels below `value`. */
  #vet(value: JavaValue, depth: number): number {
    if (value === null) {
      return 0;
    }
    if (value.kind === 'string') {
      checkText(value);
      return 0;
    }
    if (value.kind === 'object' && this.#isScalar(value)) {
      return 0;
    }
    const known = this.#heights.get(value);
    if (depth + (known ?? 0) > this.#maxDepth) {
      throw exceeded('maxDepth', 'deeper nesting', this.#maxDepth);
    }
    if (known !== undefined) {
      return known;
    }
    this.#heights.set(value, 0); // for what refers back to it
    this.#itself(value);
    let height = 0;
    for (const reference of referencesOf(value)) {
      height = Math.max(height, 1 + this.#vet(reference, depth + 1));
    }
    this.#heights.set(value, height);
    if (value.kind === 'object') {
      this.#hashing(value);
    }
    return height;
  }

  /** Whether it holds primitives only, of classes that have been judged; most objects of large values do. */
  #isScalar({ desc, parts }: JavaObject): boolean {
    let isScalar = this.#scalars.get(desc);
    if (isScalar === undefined) {
      this.#desc(desc);
      isScalar = parts.every(({ desc: each, annotation }) => annotation === null && hasPrimitivesOnly(each));
      this.#scalars.set(desc, isScalar);
    }
    return isScalar;
  }

  #itself(value: Exclude<JavaValue, null | { kind: 'string' }>): void {
    switch (value.kind) {
      case 'class':
        checkClass('java.lang.Class', this.#classes);
        this.#desc(value.desc);
        break;
      case 'classDesc':
      case 'proxyDesc':
        checkClass('java.io.ObjectStreamClass', this.#classes);
        this.#desc(value);
        break;
      case 'object':
        this.#desc(value.desc);
        this.#shape(value);
        break;
      case 'enum':
        this.#desc(value.desc);
        checkText(value.constant);
        checkConstant(value);
        break;
      default:
        this.#desc(value.desc);
    }
  }

  /** A descriptor and its superclasses. */
  #desc(desc: JavaDesc | null): void {
    for (let next = desc; next !== null && !this.#descs.has(next); next = next.superDesc) {
      this.#descs.add(next);
      if (next.kind === 'proxyDesc') {
        checkClass('java.lang.reflect.Proxy', this.#classes);
        next.interfaces.forEach(({ value: name }) => checkClass(name, this.#classes));
      } else {
        checkClass(next.name.value, this.#classes);
        checkForm(next);
      }
      if (next.annotation.length > 0) {
        throw wrong('a class descriptor is annotated');
      }
    }
  }

  #shape(object: JavaObject): void {
    for (const part of object.parts) {
      if (part.desc.kind === 'classDesc') {
        const { value: name } = part.desc.name;
        const problem = shapeProblem(object, part, name);
        if (problem !== undefined) {
          throw wrong(`an object of class ${name} is not as that class writes it: ${problem}`);
        }
      }
    }
  }

  #hashing(object: JavaObject): void {
    for (const { desc } of object.parts) {
      const className = desc.kind === 'classDesc' ? desc.name.value : '';
      const hashed = hashedBy(object, className);
      const unordered =
        className === 'java.util.Hashtable' ? hashed : hashed.filter((key) => !isOrdered(key));
      if (unordered.length > MAX_UNORDERED_KEYS) {
        throw exceeded('keys that a hash alone tells apart', String(unordered.length), MAX_UNORDERED_KEYS);
      }
      this.#hashVisits += hashed.reduce((sum: number, key) => sum + this.#hashCost.of(key), 0);
      if (!(this.#hashVisits <= MAX_HASH_VISITS)) {
        throw exceeded('objects hashed when it is read', 'more', MAX_HASH_VISITS);
      }
    }
  }
}

function hasPrimitivesOnly(desc: JavaDesc): boolean {
  return desc.kind === 'classDesc' && desc.fields.every(({ type }) => type !== 'L' && type !== '[');
}

/** What a JVM keeps in order where hash codes are equal (`HashMap.TreeNode`): comparable classes. */
function isOrdered(key: JavaValue): boolean {
  if (key?.kind !== 'object') {
    return key?.kind === 'string' || key?.kind === 'enum' || key === null;
  }
  const name = key.desc.kind === 'classDesc' ? key.desc.name.value : '';
  if (name === 'java.time.Ser') {
    const [written] = key.parts[0]?.annotation ?? [];
    return written?.kind === 'blockData' && written.bytes[0] !== PERIOD;
  }
  return ORDERED.has(name);
}

/** The type of a Period in `java.time.Ser`: the one that cannot be compared, and of which there are many. */
const PERIOD = 14;

const ORDERED: ReadonlySet<string> = new Set([
  'java.lang.Boolean',
  'java.lang.Byte',
  'java.lang.Character',
  'java.lang.Double',
  'java.lang.Float',
  'java.lang.Integer',
  'java.lang.Long',
  'java.lang.Short',
  'java.math.BigDecimal',
  'java.math.BigInteger',
  'java.util.Date',
  'java.util.UUID',
]);

function checkClass(className: string, classes: ClassRules): void {
  if (!classes.allows(className)) {
    throw new TribesError('TRIBES_E_WRITE_CLASS', { className });
  }
}

/** What a JVM would not write: it may refuse to read it, or read something else than we do. */
function checkText({ bytes }: JavaText): void {
  if (bytes !== undefined) {
    throw wrong('a text is not encoded as a JVM encodes it');
  }
}

function checkConstant({ desc, constant }: JavaEnum): void {
  const className = desc.kind === 'classDesc' ? desc.name.value : '';
  if (className.startsWith('java.time.') && !timeConstants(className).includes(constant.value)) {
    throw wrong(`there is no ${className}.${constant.value}`);
  }
}

/**
 * A class of the JDK that is described otherwise than a JVM knows it (Externalizable, say) would be read otherwise by a
 * JVM than by us: what we take for numbers may be an object there.
 */
function checkForm(desc: JavaClassDesc): void {
  const { value: name } = desc.name;
  const isSound = name.startsWith('[')
    ? desc.flags === 0x02 && desc.fields.length === 0 && desc.superDesc === null
    : isAsKnown(desc, valueDesc(name));
  if (!isSound) {
    throw wrong(`the class ${name} is described otherwise than the JDK has it`);
  }
}

function isAsKnown(desc: JavaClassDesc, known: JavaClassDesc | undefined): boolean {
  return (
    known === undefined ||
    (desc.serialVersionUID === known.serialVersionUID &&
      desc.flags === known.flags &&
      desc.fields.length === known.fields.length &&
      desc.fields.every(
        ({ name, type, signature }, place) =>
          name.value === known.fields[place]?.name.value &&
          type === known.fields[place].type &&
          signature?.value === known.fields[place].signature?.value,
      ) &&
      superName(desc) === superName(known))
  );
}

function superName({ superDesc }: JavaClassDesc): string | null {
  return superDesc?.kind === 'classDesc' ? superDesc.name.value : superDesc === null ? null : '';
}

function wrong(problem: string): TribesError {
  return new TribesError('TRIBES_E_WRITE_STREAM', { problem });
}

function exceeded(limit: string, found: string, max: number): TribesError {
  return new TribesError('TRIBES_E_WRITE_LIMIT', { limit, found, max });
}
