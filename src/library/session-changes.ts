import { TribesError } from '../base/index.js';
import { toJava, writeStream, type JavaClasses } from '../java/index.js';
import type { SessionEdit } from '../session/index.js';

/** Changes of one session that are made together; of two of the same thing the later one counts. */
export class SessionChanges {
  readonly #classes: JavaClasses;
  readonly #set = new Map<string, Buffer>();
  readonly #removed = new Set<string>();
  #maxInactiveInterval: number | undefined;

  /** @internal */
  constructor(classes: JavaClasses) {
    this.#classes = classes;
  }

  /**
   * Sets an attribute. Plain JavaScript values become Java values as by `fromJs`; `java.long(5)` and its like are of the type
   * that they name; objects of a class that was registered with its fields are written as such. Null removes the attribute, as in
   * a servlet.
   *
   * Errors: TRIBES_E_JAVA_FROM_JS, TRIBES_E_JAVA_CLASS.
   */
  set(name: string, value: unknown): this {
    if (value === null) {
      return this.remove(name);
    }
    this.#set.set(name, writeStream({ contents: [toJava(value, this.#classes)] }));
    this.#removed.delete(name);
    return this;
  }

  /** Removes an attribute; one that is not there is no error. */
  remove(name: string): this {
    this.#set.delete(name);
    this.#removed.add(name);
    return this;
  }

  /** Seconds without access after which the session ends; zero or less: never. */
  setMaxInactiveInterval(seconds: number): this {
    this.#maxInactiveInterval = seconds;
    return this;
  }

  /** @internal */
  edit(): SessionEdit {
    return {
      set: this.#set,
      remove: [...this.#removed],
      ...(this.#maxInactiveInterval === undefined ? {} : { maxInactiveInterval: this.#maxInactiveInterval }),
    };
  }
}

export function notWriting(): TribesError {
  return new TribesError('TRIBES_E_LIBRARY_READ_ONLY', {});
}
