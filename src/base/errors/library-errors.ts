import type { ErrorEntries } from './error-entry.js';

export const libraryErrors = {
  TRIBES_E_LIBRARY_AMBIGUOUS: {
    message: '{count} contexts have a session of that id; say which one is meant',
    cause:
      'Web applications of one host may share the ids of their sessions (single sign-on, a common cookie path).',
    remedy: 'Give the context: `mirror.session(id, "localhost#/app")`.',
  },
  TRIBES_E_LIBRARY_LEFT: {
    message: 'the mirror has left the cluster',
    cause: 'The program waits for something that cannot happen any more, since `leave` was called.',
    remedy: 'Join again with `Mirror.join`.',
  },
  TRIBES_E_LIBRARY_LIMIT: {
    message: 'the limit {name} must be a number from 0 on, not {found}',
    cause: 'The program gives a function a limit with which nothing would be limited.',
    remedy:
      'Give a number, or leave it out to get the default of docs/limits.md; Infinity is how to say that there shall be no limit.',
  },
  TRIBES_E_LIBRARY_LISTENER: {
    message: 'a listener of the program has failed',
    cause: 'What the program does with a message threw, or its promise was rejected; the log says why.',
    remedy:
      'Nothing, where that is meant: whoever sent the message with the options 6 is told that it was not processed. Else look at the log.',
  },
  TRIBES_E_LIBRARY_MEMBER: {
    message: '{member} is no member of the cluster any more',
    cause: 'The program sends something to a member that it has known, and that has left.',
    remedy: 'Take the members from `mirror.members` each time, or follow `memberDisappeared`.',
  },
  TRIBES_E_LIBRARY_READ_ONLY: {
    message: 'this mirror does not write',
    cause: 'What is written is deserialised by every Tomcat of the cluster, so it has to be allowed.',
    remedy: 'Join with `{ write: { enabled: true } }`.',
  },
  TRIBES_E_LIBRARY_RPC_CLOSED: {
    message: 'the RPC service has been closed',
    cause: 'The program calls other members by a service that it has ended before: no answer could reach it.',
    remedy: 'Call before `close`, or make the service again with `mirror.channel.rpc`.',
  },
  TRIBES_E_LIBRARY_RPC_ID: {
    message: '{id} cannot be the id of an RPC service of a program',
    cause: 'Tomcats call the map of a session manager, or of single sign-ons, by it, and the mirror answers.',
    remedy: 'Choose an id that ends neither with -map nor with -SSO-cache.',
  },
} as const satisfies ErrorEntries;
