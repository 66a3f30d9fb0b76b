import type { ErrorEntries } from './error-entry.js';

export const cliErrors = {
  TRIBES_E_CLI_COMMAND: {
    message: 'there is no command {name}{suggestion}',
    cause: 'The first word of the command line is no command.',
    remedy: '"tribes help" lists the commands.',
  },
  TRIBES_E_CLI_USAGE: {
    message: '{problem}; usage: tribes {usage}',
    cause: 'The command line does not have the form that the command expects.',
    remedy: '"tribes help COMMAND" says more.',
  },
  TRIBES_E_CLI_NO_MIRROR: {
    message: 'no mirror answers at {url} (http.address, http.port): {reason}',
    cause: 'No "tribes mirror" is running there, or it has another http.address or http.port.',
    remedy:
      'Start it with "tribes mirror", or give this command the http.address and http.port of the one that runs.',
  },
  TRIBES_E_CLI_NO_TOKEN: {
    message: 'there is no access token at {path} (data, http.tokenFile)',
    cause: 'The mirror keeps its token elsewhere, or has not been started yet.',
    remedy:
      'Start this command in the directory in which the mirror runs, or give it the --data or --http.tokenFile of the mirror, or --http.insecure true if the mirror asks for none.',
  },
  TRIBES_E_CLI_PORT: {
    message: 'nothing can be asked at {url}: HTTP clients refuse the port (http.port)',
    cause:
      'The port belongs to another protocol; browsers and Node.js refuse it (Fetch standard, "bad port").',
    remedy: 'Start the mirror with another http.port, such as 8088.',
  },
  TRIBES_E_CLI_ANSWER: {
    message: 'what answers at {url} is not a mirror: {reason}',
    cause: 'Another program has the port, or a proxy stands in between.',
    remedy: 'Give this command the http.address and http.port of a running "tribes mirror".',
  },
  TRIBES_E_CLI_BROKEN: {
    message: 'the mirror at {url} broke its answer off: {reason}',
    cause: 'It was stopped, it met an error, or the network failed.',
    remedy: 'The log of the mirror says why it broke off. Try again.',
  },
  TRIBES_E_CLI_WRITE: {
    message: '{path} cannot be written: {reason}',
    cause: 'The directory does not exist or is not writable for this user, or the disk is full.',
    remedy: 'Give another file, or make room. What was there before is as it was.',
  },
  TRIBES_E_CLI_NO_STORE: {
    message: 'there are no stored sessions in {directory} (data, store.type)',
    cause: 'No mirror has been started with this data directory, or sessions do not rest on disk.',
    remedy:
      'Give the --data of the mirror whose sessions are meant, or ask it while it runs, without --offline.',
  },
  TRIBES_E_CLI_NO_CONTEXT: {
    message: 'there is no context "{context}" in {place}; there are: {known}',
    cause: 'The name is misspelt, or not written as Tomcat writes it.',
    remedy: 'Take one of the names that are there.',
  },
  TRIBES_E_CLI_FILE: {
    message: '{path} cannot be read: {reason}',
    cause:
      'The file does not exist, is not readable for this user, is a directory or a device, or is longer than java.maxBytes.',
    remedy: 'Check the path and the permissions; for a long file raise java.maxBytes.',
  },
} as const satisfies ErrorEntries;
