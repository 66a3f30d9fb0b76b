import { TribesError, type ShareGroup } from '../base/index.js';
import { PlainView, attributeStream, isValue, readStream, type JavaValue } from '../java/index.js';
import type { Access } from './access.js';

/** Attributes that rest in one stream, since they share objects. The stream is read when somebody looks, and once. */
export class AttributeGroup {
  readonly #group: ShareGroup;
  readonly #access: Access;
  #values: readonly JavaValue[] | undefined;
  #view: PlainView | undefined;

  constructor(group: ShareGroup, access: Access) {
    this.#group = group;
    this.#access = access;
  }

  get names(): readonly string[] {
    return this.#group.names;
  }

  /** Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_JAVA_…. */
  value(index: number): JavaValue {
    const { names, stream, uncut } = this.#group;
    this.#values ??=
      uncut === true ? [] : readStream(stream, this.#access.javaLimits).contents.filter(isValue);
    const value = this.#values[index];
    if (value === undefined) {
      throw new TribesError('TRIBES_E_SESSION_UNCUT', { name: names[index] ?? '' });
    }
    return value;
  }

  /** The plain view; what the attributes of the group share is shared in it. */
  plain(index: number): unknown {
    const value = this.value(index);
    this.#view ??= new PlainView(this.#access.viewLimits);
    return this.#view.show(value, 0);
  }

  /** Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_JAVA_…. */
  stream(index: number): Buffer {
    return Buffer.from(attributeStream(this.#group, index, this.#access.javaLimits));
  }
}
