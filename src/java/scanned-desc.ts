import { decodeText } from './modified-utf8.js';
import { ClassFlags } from './model.js';
import { Layout, type Runs } from './layout.js';

const { EXTERNALIZABLE, SERIALIZABLE, WRITE_METHOD } = ClassFlags;

/** The cells of an array class: none, values, or primitives. */
export const NOT_AN_ARRAY = -1;
export const VALUE_CELLS = 0;

/** A class descriptor of either sort as a scan sees it: where it stands, and what is needed to pass over its instances. */
export class ScannedDesc {
  readonly bytes: Buffer;
  /** Place among the descriptors of its epoch. */
  readonly index: number;
  readonly handle: number;
  readonly proxy: boolean;
  /** The descriptor that this one was read as the superclass of. */
  readonly subDesc: ScannedDesc | null;
  nameStart = 0;
  flags = SERIALIZABLE as number;
  /** Offset of the field count of a class, of the interface count of a proxy. */
  bodyStart = 0;
  /** Bytes of its own primitive fields, and number of its own other fields. */
  primitives = 0;
  values = 0;
  /** The same, where they are not in the order in which a JVM writes them. */
  runs: Runs | null = null;
  /** The next class up; known once `complete`. */
  superDesc: ScannedDesc | null = null;
  /** Null while its annotation or superclass are being read: nothing can be an instance of it yet. */
  private fields: Layout | null = null;
  private cachedClasses: readonly ScannedDesc[] | undefined;
  private cachedName: string | undefined;

  constructor(bytes: Buffer, index: number, handle: number, proxy: boolean, subDesc: ScannedDesc | null) {
    this.bytes = bytes;
    this.index = index;
    this.handle = handle;
    this.proxy = proxy;
    this.subDesc = subDesc;
  }

  /** Undefined for a proxy class, which has none. */
  get serialVersionUID(): bigint | undefined {
    const FLAGS_AND_UID = 9;
    return this.proxy ? undefined : this.bytes.readBigInt64BE(this.bodyStart - FLAGS_AND_UID);
  }

  /** Behind the name of a class. */
  get nameEnd(): number {
    return this.bodyStart - 9;
  }

  /** `java.lang.reflect.Proxy` for a proxy. */
  get className(): string {
    this.cachedName ??= this.proxy
      ? 'java.lang.reflect.Proxy'
      : decodeText(this.bytes, this.nameStart, this.nameEnd).value;
    return this.cachedName;
  }

  get externalizable(): boolean {
    return (this.flags & EXTERNALIZABLE) !== 0;
  }

  /** Classes of the hierarchy, the topmost first. */
  get classes(): readonly ScannedDesc[] {
    this.cachedClasses ??= this.superDesc === null ? [this] : [...this.superDesc.classes, this];
    return this.cachedClasses;
  }

  get complete(): boolean {
    return this.fields !== null;
  }

  /** How the data of an instance lie; only of what is complete. */
  get layout(): Layout {
    return this.externalizable ? Layout.EXTERNALIZABLE : (this.fields as Layout);
  }

  /** Classes from this one up; only of what is complete. */
  get hierarchy(): number {
    return (this.fields as Layout).depth;
  }

  /** All of it was read: `superDesc` is the next class up, and complete. */
  finish(superDesc: ScannedDesc | null): void {
    const above = superDesc === null ? Layout.NONE : (superDesc.fields as Layout);
    const annotated = (this.flags & WRITE_METHOD) !== 0;
    this.superDesc = superDesc;
    this.fields =
      this.runs === null
        ? above.of(this.primitives, this.values, annotated)
        : above.ofRuns(this.runs, annotated);
  }

  /** Undoes the completion of this descriptor and of those that wait for it: it happened on a way that is given up. */
  reopen(): void {
    this.fields = null;
    this.superDesc = null;
    this.cachedClasses = undefined;
    this.subDesc?.reopen();
  }

  /** Bytes of a cell where this is the class of an array: VALUE_CELLS for object arrays, NOT_AN_ARRAY for others. */
  get cellSize(): number {
    return this.proxy ? NOT_AN_ARRAY : cellSizeOf(this.bytes, this.nameStart, this.nameEnd);
  }
}

/** `ScannedDesc.cellSize` of the class of that name. */
export function cellSizeOf(bytes: Buffer, nameStart: number, nameEnd: number): number {
  if (nameEnd - nameStart < 2 || bytes[nameStart] !== 0x5b) {
    return NOT_AN_ARRAY;
  }
  switch (String.fromCharCode(bytes[nameStart + 1] as number)) {
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
