import { javaClassName, typedView, type Instance, type JavaConstructor } from '../java/index.js';
import type { Access } from './access.js';
import type { AttributeGroup } from './attribute-group.js';

/**
 * One attribute of a session, as it was when the session was looked at.
 *
 * Errors of everything but the name: TRIBES_E_SESSION_UNCUT for a value that cannot be told from the message that brought
 * it, TRIBES_E_JAVA_… for one that cannot be read.
 */
export class Attribute {
  readonly name: string;
  readonly #group: AttributeGroup;
  readonly #index: number;
  readonly #access: Access;

  /** @internal */
  constructor(group: AttributeGroup, index: number, access: Access) {
    this.name = group.names[index] ?? '';
    this.#group = group;
    this.#index = index;
    this.#access = access;
  }

  /** The Java class, as `getClass().getName()` has it. */
  get className(): string | null {
    return javaClassName(this.#group.value(this.#index));
  }

  /**
   * The plain view of the value (`plainView`). What attributes of one `Attributes` share is shared in their values too;
   * the value is the same object each time.
   */
  get value(): unknown {
    return this.#group.plain(this.#index);
  }

  /**
   * The value as an object of a registered class, a new one each time; null for a null reference.
   *
   * Errors: TRIBES_E_JAVA_NOT_INSTANCE when it is of another class, TRIBES_E_JAVA_CLASS when the class fails.
   */
  as<T extends object>(type: JavaConstructor<T>): Instance<T> | null {
    const { classes, viewLimits } = this.#access;
    return typedView(this.#group.value(this.#index), type, classes, viewLimits);
  }

  /** The value as a Java stream of its own; a copy. */
  get raw(): Buffer {
    return this.#group.stream(this.#index);
  }
}
