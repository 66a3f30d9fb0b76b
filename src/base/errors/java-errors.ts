import type { ErrorEntries } from './error-entry.js';

export const javaErrors = {
  TRIBES_E_JAVA_HEADER: {
    message: 'expected a Java object stream (aced0005), found {found}',
    cause: 'The bytes are not a Java object stream, or not one of protocol version 2 (stream version 5).',
    remedy:
      'Look at where the bytes come from; a frame that went through an encrypting or compressing interceptor must be undone first.',
  },
  TRIBES_E_JAVA_TRUNCATED: {
    message: 'expected {expected} at {where}, but the Java stream ends',
    cause:
      'The bytes were cut off, a length in them is wrong, or the writer broke off in the middle of an object.',
    remedy: 'Keep the bytes and report them; nothing of the stream from there on is believed.',
  },
  TRIBES_E_JAVA_UNEXPECTED: {
    message: 'expected {expected}, found {found} at {where} of the Java stream',
    cause:
      'The bytes do not follow the grammar of a Java object stream, or hold another message than expected.',
    remedy: 'Keep the bytes and report them; nothing of the stream from there on is believed.',
  },
  TRIBES_E_JAVA_LIMIT: {
    message: 'the Java stream exceeds the limit {limit} of {max} at {where}',
    cause:
      'The value is larger, deeper or more entangled than the node is set to accept; hostile streams are too.',
    remedy: 'If the value is legitimate, raise the limit named in the message.',
  },
  TRIBES_E_JAVA_OPAQUE: {
    message:
      'the Java stream cannot be understood from offset {offset} on without the class {className}: {reason}',
    cause:
      'A class wrote what only it can read: Externalizable of protocol version 1 (externalizable-v1), a writeObject whose output can be read in two ways (ambiguous), or an object that broke off inside an Externalizable without a mark (torn).',
    remedy:
      'The bytes are kept and passed on as they came. Make the class write its default fields first, and its values serialisable.',
  },
  TRIBES_E_JAVA_UNWRITABLE: {
    message: 'the Java object graph cannot be written: {problem}',
    cause: 'The graph was built or changed so that no Java stream can carry it.',
    remedy: 'Build descriptors with descOf and give every field a value of its type.',
  },
  TRIBES_E_JAVA_PACKED: {
    message: 'a packed Java stream is damaged: {problem}',
    cause:
      'The store and its dictionary of class descriptors do not belong together, or one of them is damaged.',
    remedy: 'Restore the data directory, or empty it and let the node fetch the sessions again.',
  },
} as const satisfies ErrorEntries;
