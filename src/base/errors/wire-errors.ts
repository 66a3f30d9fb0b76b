import type { ErrorEntries } from './error-entry.js';

export const wireErrors = {
  TRIBES_E_WIRE_TRUNCATED: {
    message: '{layout} ends early: {field} at offset {offset} needs {needed} bytes, {left} are left',
    cause: 'The bytes were cut off, a length in them is wrong, or they are not what they were taken for.',
    remedy:
      'Find out who sends to this address and port; only members of the Tomcat cluster should. If a Tomcat sent it, report it with the bytes.',
  },
  TRIBES_E_WIRE_MARKER: {
    message: '{layout} has no {marker} at offset {offset}: expected {expected}, found {found}',
    cause: 'The bytes are not of this layout, or a length in them is wrong.',
    remedy:
      'Find out who sends to this address and port; only members of the Tomcat cluster should. If a Tomcat sent it, report it with the bytes.',
  },
  TRIBES_E_WIRE_LENGTH: {
    message: '{layout} has {length} as length of {field} at offset {offset}: expected {expected}',
    cause: 'The bytes were damaged or made by something that is not a Tomcat.',
    remedy: 'Find out who sends to this address and port; if a Tomcat sent it, report it with the bytes.',
  },
  TRIBES_E_WIRE_TRAILING: {
    message: '{layout} ends at offset {offset}, but {left} bytes follow',
    cause:
      'The bytes were made by something that is not a Tomcat, or by one with an interceptor that this node lacks.',
    remedy:
      'Compare the interceptors of this node with those of the cluster: they must be the same, in the same order.',
  },
  TRIBES_E_WIRE_UNENCODABLE: {
    message: '{layout} cannot carry {field}: {problem}',
    cause: 'A value is larger than its place on the wire.',
    remedy: 'Shorten the value that the message names.',
  },
  TRIBES_E_WIRE_CLASS: {
    message: '{layout} is expected to be an object of class {expected}, found {found}',
    cause: 'The message is of another kind than it was taken for, or was not made by a Tomcat.',
    remedy: 'Find out who sent it; if a Tomcat did, report it with the bytes.',
  },
  TRIBES_E_WIRE_FIELD: {
    message: '{layout} has {found} as {field}: expected {expected}',
    cause: 'The message was made by a Tomcat that this node does not know, or not by a Tomcat.',
    remedy: 'Find out who sent it; if a Tomcat did, report its version with the bytes.',
  },
  TRIBES_E_SEND_OPTION: {
    message: 'unknown send option "{name}": expected a number, or a comma-separated list of {known}',
    cause: 'A send option is misspelt, or has no text form.',
    remedy: 'Write the options as Tomcat does in channelSendOptions, for example "use_ack, sync" or 6.',
  },
} as const satisfies ErrorEntries;
