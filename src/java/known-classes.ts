import { crc32 } from 'node:zlib';
import { defaultJavaLimits, isTribesError, type JavaLimits } from '../base/index.js';
import { elementOf } from './class-use.js';
import { canonicalDesc, type CanonicalDesc } from './canonical-desc.js';
import { TypeCode } from './constants.js';
import type { HandleTable } from './handle-table.js';
import { STEP_SIZE, Step } from './layout.js';
import { ClassFlags } from './model.js';
import type { ScannedDesc } from './scanned-desc.js';
import { StreamScanner } from './scanner.js';
import { IMMUTABLE_CLASSES } from './share-groups.js';

/** The longest descriptor that is kept, superclasses included, and the longest hierarchy. */
export const MAX_BYTES = 2048;
export const MAX_HIERARCHY = 32;

/** What stands between the type strings of its object fields is a buffer each, which takes far more than its bytes. */
const MAX_PIECES = 64;

/** A power of two. */
const BUCKETS = 512;
const MAX_IN_BUCKET = 4;
const EMPTY: readonly KnownClass[] = [];

/** How often no stream is scanned for a descriptor after one was in vain; and for how many that is remembered. */
const PATIENCE = 100;
const MAX_FUTILE = 1024;

/** A class descriptor that was scanned before: how to recognise it by its bytes, and how its instances lie in a stream. */
export class KnownClass {
  /** `CanonicalDesc.key`: equal for equal classes. */
  readonly key: string;
  readonly className: string;
  readonly superClass: KnownClass | null;
  /** Its own bytes, up to the superclass: what stands before each type string, and what stands behind the last. */
  readonly pieces: readonly Buffer[];
  /** What it is written as. Where its bytes were only passed over, its type strings may be others. */
  readonly form: CanonicalDesc;
  /** `Layout.steps`, `Layout.primitiveBytes` and `ScannedDesc.cellSize`. */
  readonly steps: readonly number[];
  readonly primitiveBytes: number;
  readonly cellSize: number;
  /** Its instances cannot change, and are their primitive fields only. */
  readonly isLeaf: boolean;
  private askedBy: ((name: string) => boolean) | undefined;
  private isCommon = false;

  constructor(desc: ScannedDesc, form: CanonicalDesc, superClass: KnownClass | null) {
    const { key, pieces } = form;
    this.form = form;
    this.key = key;
    this.className = desc.className;
    this.superClass = superClass;
    this.pieces = pieces;
    const { steps, primitiveBytes } = desc.layout;
    this.steps = steps;
    this.primitiveBytes = primitiveBytes;
    this.cellSize = desc.cellSize;
    this.isLeaf = primitiveBytes >= 0 && IMMUTABLE_CLASSES.has(desc.className);
  }

  /** Whether both are the same class: one that was forgotten and learned again is another object. */
  equals(other: KnownClass): boolean {
    return this === other || this.key === other.key;
  }

  /** Whether `isCommon` says so of the name of the class, or that of its elements: asked once, as long as the same one asks. */
  is(isCommon: (name: string) => boolean): boolean {
    if (this.askedBy !== isCommon) {
      this.askedBy = isCommon;
      this.isCommon = isCommon(elementOf(this.className));
    }
    return this.isCommon;
  }

  /** Whether it is the box of that name, whose one field has `size` bytes. */
  isBox(className: string, size: number): boolean {
    const { steps } = this;
    const isOne = steps.length === 2 * STEP_SIZE && steps[0] === Step.PRIMITIVES && steps[1] === size;
    return isOne && this.isLeaf && this.className === className;
  }

  /**
   * The end of its own bytes if they stand at `at` and do not reach beyond `end`, else -1. Type strings are only passed
   * over: what they say makes no difference to where anything stands.
   */
  endOfOwn(bytes: Buffer, at: number, end: number): number {
    const { pieces } = this;
    let next = at;
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i] as Buffer;
      const start = i === 0 ? next : endOfTypeString(bytes, next);
      next = start + piece.length;
      if (start < 0 || next > end || !standsAt(piece, bytes, start)) {
        return -1;
      }
    }
    return next;
  }
}

/** Behind the TC_STRING or TC_REFERENCE at `at`; -1 if neither stands there. */
function endOfTypeString(bytes: Buffer, at: number): number {
  switch (bytes[at]) {
    case TypeCode.REFERENCE:
      return at + 5;
    case TypeCode.STRING:
      return at + 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number));
    default:
      return -1;
  }
}

/**
 * Class descriptors by their bytes: those that were met once are compared when they come again, not parsed. Where there are
 * too many, the oldest are forgotten.
 */
export class KnownClasses {
  private readonly buckets = new Array<readonly KnownClass[]>(BUCKETS).fill(EMPTY);
  /** Hashes of descriptors for which a scan was in vain, and how often no other one is to be made. */
  private readonly futile = new Map<number, number>();

  /** The few classes, if any, that the descriptor at `at` may be of; it begins with a TC_CLASSDESC. */
  candidates(bytes: Buffer, at: number): readonly KnownClass[] {
    return this.buckets[hashOf(bytes, at) & (BUCKETS - 1)] as readonly KnownClass[];
  }

  /**
   * Scans `stream` for its classes, because that at `at` is not known. True if there is a point in trying again. What is
   * wrong with the stream is said by whoever reads it next.
   */
  learn(stream: Buffer, at: number, limits: JavaLimits): boolean {
    return this.learnAs(hashOf(stream, at), stream, limits);
  }

  /** The same of a stream that holds nothing but the descriptor. */
  learnDescriptor(stream: Buffer): boolean {
    return this.learnAs(crc32(stream) | 0, stream, defaultJavaLimits);
  }

  private learnAs(hash: number, stream: Buffer, limits: JavaLimits): boolean {
    const patience = this.futile.get(hash) ?? 0;
    if (patience > 0) {
      this.futile.set(hash, patience - 1);
      return false;
    }
    const { epochs, isWhole } = scanned(stream, limits);
    let isWiser = false;
    for (const epoch of epochs) {
      for (const desc of epoch.descriptors) {
        isWiser = this.add(desc, epoch) || isWiser;
      }
    }
    if (!isWiser && isWhole) {
      if (this.futile.size >= MAX_FUTILE) {
        this.futile.clear();
      }
      this.futile.set(hash, PATIENCE);
    }
    return isWiser;
  }

  /** True if it was not known, and is now. */
  private add(desc: ScannedDesc, epoch: HandleTable): boolean {
    const known = knownClass(desc, epoch);
    if (known === undefined) {
      return false;
    }
    const index = hashOf(known.pieces[0] as Buffer, 0) & (BUCKETS - 1);
    const bucket = this.buckets[index] as readonly KnownClass[];
    if (bucket.some((other) => other.equals(known))) {
      return false;
    }
    this.buckets[index] = [...bucket.slice(1 - MAX_IN_BUCKET), known];
    return true;
  }
}

/** Undefined for a class that cannot be recognised by its bytes, or whose instances are a mystery. */
function knownClass(desc: ScannedDesc, epoch: HandleTable): KnownClass | undefined {
  const form = isPlain(desc) ? canonicalDesc(desc, epoch) : undefined;
  if (form === undefined || form.bytes.length > MAX_BYTES || form.pieces.length > MAX_PIECES) {
    return undefined;
  }
  const superClass = desc.superDesc === null ? null : knownClass(desc.superDesc, epoch);
  return superClass === undefined ? undefined : new KnownClass(desc, form, superClass);
}

/** A class, not a proxy, whose instances are no mystery. */
function isPlain(desc: ScannedDesc): boolean {
  const hasEnd = !desc.externalizable || (desc.flags & ClassFlags.BLOCK_DATA) !== 0;
  return desc.complete && !desc.proxy && desc.hierarchy <= MAX_HIERARCHY && hasEnd;
}

/** The epochs of a stream as far as it can be scanned, and whether that is to its end. */
function scanned(stream: Buffer, limits: JavaLimits): { epochs: ReadonlySet<HandleTable>; isWhole: boolean } {
  const epochs = new Set<HandleTable>();
  try {
    const scanner = new StreamScanner(stream, limits);
    for (let content = scanner.next(); content !== undefined; content = scanner.next()) {
      if (content.kind === 'value') {
        epochs.add(content.value.epoch);
      }
    }
    return { epochs, isWhole: true };
  } catch (error) {
    if (isTribesError(error)) {
      return { epochs, isWhole: false };
    }
    throw error;
  }
}

/** Of the descriptor at `at`: the end of its name, and of its serialVersionUID, which is 1 for many a class. */
function hashOf(bytes: Buffer, at: number): number {
  const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  const nameEnd = at + 3 + length;
  const name = intAt(bytes, nameEnd - 4);
  const uid = intAt(bytes, nameEnd + 4);
  const hash = Math.imul(name ^ Math.imul(uid, 0x9e3779b1) ^ length, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

function intAt(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function standsAt(piece: Buffer, bytes: Buffer, start: number): boolean {
  for (let i = 0; i < piece.length; i++) {
    if (piece[i] !== bytes[start + i]) {
      return false;
    }
  }
  return true;
}
