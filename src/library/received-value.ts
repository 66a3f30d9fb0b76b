import {
  javaClassName,
  PlainView,
  typedView,
  type Instance,
  type JavaConstructor,
  type JavaValue,
} from '../java/index.js';
import type { Access } from './access.js';

/**
 * A value that somebody has sent; it is read when somebody looks.
 *
 * Errors of everything: TRIBES_E_JAVA_… for a value that cannot be read.
 */
export class ReceivedValue {
  readonly #read: () => JavaValue;
  readonly #access: Access;
  #java: JavaValue | undefined;

  /** @internal */
  constructor(read: () => JavaValue, access: Access) {
    this.#read = read;
    this.#access = access;
  }

  /** The Java class, as `getClass().getName()` has it; null for a null reference. */
  get className(): string | null {
    return javaClassName(this.#value);
  }

  /** The plain view of the value (`plainView`), a new one each time. */
  get value(): unknown {
    return new PlainView(this.#access.viewLimits).show(this.#value, 0);
  }

  /**
   * The value as an object of a registered class, a new one each time; null for a null reference.
   *
   * Errors: TRIBES_E_JAVA_NOT_INSTANCE when it is of another class, TRIBES_E_JAVA_CLASS when the class fails.
   */
  as<T extends object>(type: JavaConstructor<T>): Instance<T> | null {
    const { classes, viewLimits } = this.#access;
    return typedView(this.#value, type, classes, viewLimits);
  }

  get #value(): JavaValue {
    if (this.#java === undefined) {
      this.#java = this.#read();
    }
    return this.#java;
  }
}
