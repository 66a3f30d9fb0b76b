import type { ErrorEntries } from './error-entry.js';

export const javaViewErrors = {
  TRIBES_E_JAVA_VIEW_LIMIT: {
    message: 'the Java value exceeds the limit of {limit} for the {what} of a view',
    cause: 'The value is nested too deep or holds too many values to be shown as plain JavaScript.',
    remedy: 'Raise the view limits, or read the value as a graph with readStream.',
  },
  TRIBES_E_JAVA_FROM_JS: {
    message: '{what} has no Java counterpart',
    cause:
      'Only strings, booleans, numbers, bigints, valid Dates, Uint8Arrays, arrays, Maps, plain objects, Sets, null and objects of registered classes become Java values, and a field of a registered class takes only what its type can hold.',
    remedy: 'Convert the value to one of these first, or name its Java type, as in `java.long(5)`.',
  },
  TRIBES_E_JAVA_REGISTRATION: {
    message: 'the Java class {className} cannot be registered: {problem}',
    cause: 'The program registers a class in a way in which no object of it could be read or written.',
    remedy:
      'Register it as `docs/library.md` shows; `serialver` of the JDK prints the serialVersionUID of a class.',
  },
  TRIBES_E_JAVA_CLASS: {
    message: 'the class that is registered for {className} failed: {reason}',
    cause:
      'The constructor of a class of the program, or its readObject, readExternal, readResolve, writeObject or writeExternal, threw an error.',
    remedy: 'Mend the class: what was thrown is the `cause` of this error.',
  },
  TRIBES_E_JAVA_NOT_INSTANCE: {
    message: 'the value is of the Java class {found}, for which {expected} is not registered',
    cause:
      'The attribute holds something else than the program asked for, or an object of another version of the class.',
    remedy: 'Register the class for that name and serialVersionUID, or read the plain view.',
  },
} as const satisfies ErrorEntries;
