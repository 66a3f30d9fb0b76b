import type { KnownClass } from './known-classes.js';

/** Classes of one stream, and type strings of them: each is compared with each. */
const MAX_COMPARED = 32;

/** What a `StreamSink` knows: the classes and type strings that were written to it, by what they say, with their handles. */
export class WrittenDescriptors {
  // Never cut short: to set the length of an array takes longer than all that is done here for most streams.
  private readonly classes: KnownClass[] = [];
  private readonly classHandles: number[] = [];
  private classCount = 0;
  private readonly types: Buffer[] = [];
  private readonly typeHandles: number[] = [];
  private typeCount = 0;

  clear(): void {
    this.classCount = 0;
    this.typeCount = 0;
  }

  /** The handle of the class; -1 where it was not written. */
  handleOf(known: KnownClass): number {
    const { classes, classCount } = this;
    for (let i = 0; i < classCount; i++) {
      if ((classes[i] as KnownClass).equals(known)) {
        return this.classHandles[i] as number;
      }
    }
    return -1;
  }

  /** The handle of the type string, with its type code; -1 where it was not written. */
  handleOfType(type: Buffer): number {
    const { types, typeCount } = this;
    for (let i = 0; i < typeCount; i++) {
      const other = types[i] as Buffer;
      if (other === type || other.equals(type)) {
        return this.typeHandles[i] as number;
      }
    }
    return -1;
  }

  /** False where there are too many. */
  add(known: KnownClass, handle: number): boolean {
    const place = this.classCount++;
    this.classes[place] = known;
    this.classHandles[place] = handle;
    return place < MAX_COMPARED;
  }

  /** False where there are too many. */
  addType(type: Buffer, handle: number): boolean {
    const place = this.typeCount++;
    this.types[place] = type;
    this.typeHandles[place] = handle;
    return place < MAX_COMPARED;
  }
}
