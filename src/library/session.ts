import { isTribesError, type ContextName, type SessionId, type SessionRecord } from '../base/index.js';
import { readObject, type Instance, type JavaConstructor } from '../java/index.js';
import {
  principalView,
  sessionVersion,
  type PrincipalView,
  type SessionWriter,
  type WriteCondition,
  type WriteOutcome,
} from '../session/index.js';
import type { Access } from './access.js';
import { Attributes } from './attributes.js';
import { SessionChanges, notWriting } from './session-changes.js';
import { writeResult, type WriteResult } from './write-result.js';

/** What every write of a session takes. */
export interface WriteOptions {
  /** Whether the write is refused (TRIBES_E_WRITE_VERSION) when the session has changed since it was looked at. */
  readonly ifUnchanged?: boolean;
}

const ORIGIN = { by: 'library' } as const;

/**
 * A session as the mirror had it when it was looked at: it does not change any more, and everything that is read from it
 * belongs together. `refresh` takes another look.
 *
 * Errors of all that writes: TRIBES_E_LIBRARY_READ_ONLY; TRIBES_E_WRITE_NO_SESSION, and TRIBES_E_WRITE_VERSION with
 * `ifUnchanged`; TRIBES_E_WRITE_BUSY, TRIBES_E_STORE_FULL. Nothing was changed then.
 */
export class Session {
  readonly id: SessionId;
  readonly context: ContextName;
  /** Epoch milliseconds, by the clock of the Tomcat that created it. */
  readonly creationTime: number;
  /** Epoch milliseconds, by the clock of the Tomcat that was accessed. */
  readonly lastAccessedTime: number;
  /** Seconds without access after which it ends; zero or less: never. */
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  /** `BASIC`, `FORM` and the like; null when nobody has logged in, and after a state transfer, which does not tell. */
  readonly authType: string | null;
  /** Whether no Tomcat has told of it since this mirror joined, so that it may have ended while the mirror was away. */
  readonly unconfirmed: boolean;
  /** Names the state: two of one session are equal only when nothing has happened in between, accesses included. */
  readonly version: string;
  readonly #record: SessionRecord;
  readonly #access: Access;
  #attributes: Attributes | undefined;

  /** @internal */
  constructor(record: SessionRecord, access: Access) {
    this.id = record.id;
    this.context = record.context;
    this.creationTime = record.creationTime;
    this.lastAccessedTime = record.lastAccessedTime;
    this.maxInactiveInterval = record.maxInactiveInterval;
    this.isNew = record.isNew;
    this.isValid = record.isValid;
    this.authType = record.authType;
    this.unconfirmed = access.mirror.isUnconfirmed(record);
    this.version = sessionVersion(record);
    this.#record = record;
    this.#access = access;
  }

  get attributes(): Attributes {
    this.#attributes ??= new Attributes(this.#record.attributes, this.#access);
    return this.#attributes;
  }

  /** Who has logged in, without the password; null when nobody has. */
  get principal(): PrincipalView | null {
    const { principal } = this.#record;
    if (principal === null) {
      return null;
    }
    try {
      return principalView(readObject(principal, this.#access.javaLimits));
    } catch (error) {
      if (isTribesError(error)) {
        return { class: null, name: null, roles: null };
      }
      throw error;
    }
  }

  /**
   * The plain view of an attribute, or an object of a registered class; undefined where there is no such attribute. Each
   * call reads it anew, so that what it gives is the caller's own. A value of many small objects takes about a millisecond
   * for each 10 KB, during which nothing else happens.
   *
   * Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_JAVA_…; with a class: TRIBES_E_JAVA_NOT_INSTANCE, TRIBES_E_JAVA_CLASS.
   */
  get(name: string): unknown;
  get<T extends object>(name: string, type: JavaConstructor<T>): Instance<T> | null | undefined;
  get(name: string, type?: JavaConstructor): unknown {
    const groups = this.#record.attributes.filter(({ names }) => names.includes(name));
    const attribute = new Attributes(groups, this.#access).get(name);
    return type === undefined ? attribute?.value : attribute?.as(type);
  }

  /** An attribute as a Java stream of its own. Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_JAVA_…. */
  raw(name: string): Buffer | undefined {
    return this.attributes.get(name)?.raw;
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }

  /** The session as it is now; undefined when it has ended, or has another id. */
  refresh(): Session | undefined {
    const [record] = this.#access.mirror.find(this.id, this.context);
    return record && new Session(record, this.#access);
  }

  /** Sets one attribute; see `SessionChanges.set`. */
  set(name: string, value: unknown, options?: WriteOptions): Promise<WriteResult> {
    return this.change((changes) => changes.set(name, value), options);
  }

  /** Removes one attribute. */
  remove(name: string, options?: WriteOptions): Promise<WriteResult> {
    return this.change((changes) => changes.remove(name), options);
  }

  /** Seconds without access after which the session ends; zero or less: never. */
  setMaxInactiveInterval(seconds: number, options?: WriteOptions): Promise<WriteResult> {
    return this.change((changes) => changes.setMaxInactiveInterval(seconds), options);
  }

  /**
   * Makes all changes that `describe` makes, in one delta: no Tomcat ever has some of them without the others. Writes of one
   * session go out in the order of the calls. Further errors: TRIBES_E_JAVA_…, TRIBES_E_WRITE_NAME, TRIBES_E_WRITE_FIELD,
   * TRIBES_E_WRITE_CLASS for a class that `write.allowedClasses` does not have.
   */
  change(describe: (changes: SessionChanges) => unknown, options?: WriteOptions): Promise<WriteResult> {
    return this.#write(options, (writer, condition) => {
      const changes = new SessionChanges(this.#access.classes);
      describe(changes);
      return writer.change(this.context, this.id, changes.edit(), ORIGIN, condition);
    });
  }

  /** Ends the session everywhere. */
  expire(options?: WriteOptions): Promise<WriteResult> {
    return this.#write(options, (writer, condition) =>
      writer.expire(this.context, this.id, ORIGIN, condition),
    );
  }

  /** Gives the session a new id: `session` of the result has it. Its cookie is not changed by that. */
  changeId(options?: WriteOptions): Promise<WriteResult> {
    return this.#write(options, (writer, condition) =>
      writer.changeId(this.context, this.id, ORIGIN, condition),
    );
  }

  async #write(
    { ifUnchanged = false }: WriteOptions = {},
    write: (writer: SessionWriter, condition: WriteCondition) => Promise<WriteOutcome>,
  ): Promise<WriteResult> {
    const { writer } = this.#access;
    if (writer === null) {
      throw notWriting();
    }
    const outcome = await write(writer, ifUnchanged ? { ifVersion: this.version } : {});
    const { record } = outcome;
    return writeResult(outcome, record && new Session(record, this.#access));
  }
}
