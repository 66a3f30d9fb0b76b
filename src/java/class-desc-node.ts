import type { ClassForm, FieldForm } from './class-form.js';
import type { JavaClassDesc, JavaContent, JavaDesc, JavaField, JavaText } from './model.js';
import { StringNode } from './string-node.js';

/**
 * A class descriptor of a graph that was read. It remembers under which handle it was written last, as `StringNode` does; and
 * where it stands in the stream that it was read from, since to copy its bytes takes less time than to encode its fields.
 */
export class ClassDescNode implements JavaClassDesc {
  readonly kind = 'classDesc';
  readonly name: JavaText;
  readonly serialVersionUID: bigint;
  readonly flags: number;
  readonly fields: JavaField[];
  readonly annotation: JavaContent[] = [];
  superDesc: JavaDesc | null = null;
  #epoch = 0;
  #handle = 0;
  readonly #form: ClassForm;
  readonly #source: Buffer;
  readonly #start: number;

  /** `start`: where its TC_CLASSDESC stands in `source`. */
  constructor(form: ClassForm, fields: JavaField[], source: Buffer, start: number) {
    this.name = form.name;
    this.serialVersionUID = form.serialVersionUID;
    this.flags = form.flags;
    this.fields = fields;
    this.#form = form;
    this.#source = source;
    this.#start = start;
  }

  /** Its handle in an epoch; undefined if it has none there. */
  handleIn(epoch: number): number | undefined {
    return this.#epoch === epoch ? this.#handle : undefined;
  }

  remember(epoch: number, handle: number): void {
    this.#epoch = epoch;
    this.#handle = handle;
  }

  get source(): Buffer {
    return this.#source;
  }

  /** Offset of its TC_CLASSDESC. */
  get start(): number {
    return this.#start;
  }

  /** Behind its last field. */
  get end(): number {
    return this.#start + this.#form.length;
  }

  /**
   * Whether it would be written in `epoch` as it stands in the stream that it was read from: nobody has changed it, and its
   * type strings stood there, and are not written yet.
   */
  standsAsRead(epoch: number): boolean {
    const { name, serialVersionUID, flags, fields, length } = this.#form;
    const isSame = this.name === name && this.serialVersionUID === serialVersionUID && this.flags === flags;
    if (!isSame || this.fields.length !== fields.length || length === 0) {
      return false;
    }
    for (let i = 0; i < fields.length; i++) {
      const form = fields[i] as FieldForm;
      const field = this.fields[i] as JavaField;
      if (form.field === null ? !this.#isFirstOfType(field, form, epoch) : field !== form.field) {
        return false;
      }
    }
    return true;
  }

  #isFirstOfType({ type, name, signature }: JavaField, form: FieldForm, epoch: number): boolean {
    return (
      type === form.type &&
      name === form.name &&
      signature instanceof StringNode &&
      signature.source === this.#source &&
      signature.start === this.#start + form.typeStart &&
      StringNode.handle(signature, epoch) === undefined
    );
  }
}
