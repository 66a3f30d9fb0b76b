import { TribesError } from '../base/index.js';
import { descOf, type JavaArray, type JavaObject, type JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import {
  annotationInput,
  externalDesc,
  externalObject,
  readCountedBytes,
  writeCountedBytes,
} from './java-external.js';
import { describe, nameOf, wrongClass } from './java-fields.js';
import { decodeMemberPackage, encodeMemberPackage, type MemberPackage } from './member-package.js';

/**
 * A member written as a Java object. Its alive time is meaningless: a JVM puts the epoch milliseconds there for any
 * member but itself (`MemberImpl.getData(true)`).
 */
export interface JavaMember {
  /** StaticMember adds no data. */
  readonly javaClass: 'MemberImpl' | 'StaticMember';
  readonly member: MemberPackage;
}

const LAYOUT = 'member object';

const MEMBER_ARRAY = descOf({ name: `[L${ClassName.MEMBER};`, suid: 0x5ec4606b842d393cn });

/** Reads the members of one message. A member that stands there several times becomes one object. */
export class JavaMemberReader {
  readonly #observe: DialectObserver;
  readonly #known = new Map<JavaObject, JavaMember>();

  constructor(observe: DialectObserver) {
    this.#observe = observe;
  }

  /** Errors: TRIBES_E_WIRE_CLASS, and those of the member package. */
  read(value: JavaValue): JavaMember | null {
    if (value === null) {
      return null;
    }
    const javaClass = value.kind === 'object' ? CLASSES.get(nameOf(value.desc)) : undefined;
    if (value.kind !== 'object' || javaClass === undefined) {
      throw wrongClass(LAYOUT, ClassName.MEMBER_IMPL, value);
    }
    const known = this.#known.get(value);
    if (known) {
      return known;
    }
    this.#observeUids(value);
    const data = readCountedBytes(LAYOUT, 'data package', annotationInput(LAYOUT, value));
    const member = { javaClass, member: decodeMemberPackage(data) };
    this.#known.set(value, member);
    return member;
  }

  /** An array of members, or null. Errors: TRIBES_E_WIRE_FIELD, and those of `read`. */
  readArray(value: JavaValue): readonly (JavaMember | null)[] | null {
    if (value === null) {
      return null;
    }
    if (value.kind !== 'array') {
      const found = describe(value);
      throw new TribesError('TRIBES_E_WIRE_FIELD', {
        layout: LAYOUT,
        field: 'array',
        expected: 'Member[]',
        found,
      });
    }
    return value.elements.map((element) => this.read(element));
  }

  #observeUids({ desc }: JavaObject): void {
    for (const level of [desc, desc.superDesc]) {
      const seen = level?.kind === 'classDesc' ? UID_OF.get(level.name.value) : undefined;
      if (level?.kind === 'classDesc' && seen !== undefined) {
        this.#observe({ seen, uid: level.serialVersionUID });
      }
    }
  }
}

const CLASSES: ReadonlyMap<string, JavaMember['javaClass']> = new Map<string, JavaMember['javaClass']>([
  [ClassName.MEMBER_IMPL, 'MemberImpl'],
  [ClassName.STATIC_MEMBER, 'StaticMember'],
]);

const UID_OF: ReadonlyMap<string, 'memberImpl' | 'staticMember'> = new Map<
  string,
  'memberImpl' | 'staticMember'
>([
  [ClassName.MEMBER_IMPL, 'memberImpl'],
  [ClassName.STATIC_MEMBER, 'staticMember'],
]);

/** Writes the members of one message. The same `JavaMember` becomes the same object, and so a reference. */
export class JavaMemberWriter {
  readonly #descs;
  readonly #written = new Map<JavaMember, JavaObject>();

  constructor(dialect: Dialect) {
    const memberImpl = externalDesc(ClassName.MEMBER_IMPL, dialect.memberImplUid);
    this.#descs = {
      MemberImpl: memberImpl,
      StaticMember: externalDesc(ClassName.STATIC_MEMBER, dialect.staticMemberUid, memberImpl),
    };
  }

  write(member: JavaMember | null): JavaObject | null {
    if (member === null) {
      return null;
    }
    const written = this.#written.get(member) ?? this.#object(member);
    this.#written.set(member, written);
    return written;
  }

  writeArray(members: readonly (JavaMember | null)[] | null): JavaArray | null {
    return (
      members && { kind: 'array', desc: MEMBER_ARRAY, elements: members.map((member) => this.write(member)) }
    );
  }

  #object({ javaClass, member }: JavaMember): JavaObject {
    return externalObject(this.#descs[javaClass], (output) => {
      writeCountedBytes(output, encodeMemberPackage(member));
    });
  }
}

/** One member. Errors: those of `JavaMemberReader.read`. */
export function javaMemberOf(value: JavaValue, observe: DialectObserver = ignoreDialect): JavaMember | null {
  return new JavaMemberReader(observe).read(value);
}

/** An array of members. Errors: those of `JavaMemberReader.readArray`. */
export function javaMembersOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): readonly (JavaMember | null)[] | null {
  return new JavaMemberReader(observe).readArray(value);
}
