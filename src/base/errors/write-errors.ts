import type { ErrorEntries } from './error-entry.js';

export const writeErrors = {
  TRIBES_E_WRITE_NO_CONTEXT: {
    message: 'there is no context "{context}" to write to',
    cause: 'No member has named that web application yet, or the name is not written as Tomcat writes it.',
    remedy: 'Take the name from /v1/contexts ("localhost#/app", or "/app" where the cluster sits in a Host).',
  },
  TRIBES_E_WRITE_NO_SESSION: {
    message: 'there is no such session to write to',
    cause: 'The session has expired, has changed its id, or has not come from the cluster yet.',
    remedy: 'See /v1/sessions for the sessions that are there and /healthz for whether all have come.',
  },
  TRIBES_E_WRITE_VERSION: {
    message: 'the session is not of the version asked for: it has changed since',
    cause: 'Somebody else has changed or accessed the session after it was read.',
    remedy: 'Read it again, and write what is then right.',
  },
  TRIBES_E_WRITE_BUSY: {
    message: '{count} writes wait already',
    cause: 'A write ends when every member has acknowledged it; a member that hangs holds up all of them.',
    remedy: 'Write slower; see /v1/members and the log for a member that does not acknowledge.',
  },
  TRIBES_E_WRITE_NAME: {
    message: 'the attribute name {name} cannot be written: {problem}',
    cause: 'Names are bounded, and those that DeltaManager gives a meaning of its own are not for others.',
    remedy: 'Use another name.',
  },
  TRIBES_E_WRITE_FIELD: {
    message: '{field} {problem}',
    cause: 'What was asked for is not something that a session can have.',
    remedy: 'See docs/http-api.md for what a write may hold.',
  },
  TRIBES_E_WRITE_CLASS: {
    message: 'the class {className} must not be written (write.allowedClasses)',
    cause:
      'What is written is read by the JVM of every Tomcat, which creates objects of every class that it names; so all of them have to be allowed, those of superclasses, array elements and class objects too.',
    remedy:
      'Use a class that is allowed, or add this one to write.allowedClasses if nothing happens when an object of it is read, whatever it holds.',
  },
  TRIBES_E_WRITE_LIMIT: {
    message: 'the value exceeds {limit}: {found}, where {max} is the most',
    cause: 'Size, depth and what it takes a JVM to read a value are bounded.',
    remedy: 'Write smaller or simpler values, or raise write.maxBytes or write.maxDepth.',
  },
  TRIBES_E_WRITE_STREAM: {
    message: 'the Java stream must not be written: {problem}',
    cause:
      'A stream that says something else than a JVM would write can make the JVM that reads it run out of memory, or read it in another way than the node does.',
    remedy: 'Send what ObjectOutputStream.writeObject writes of one object.',
  },
  TRIBES_E_WRITE_JSON: {
    message: 'the JSON is not understood: {problem} (at {offset})',
    cause: 'The text is no JSON, has a name twice, is nested too deeply, or is not of the form asked for.',
    remedy: 'See docs/writing.md for what JSON stands for which Java value.',
  },
  TRIBES_E_WRITE_VALUE: {
    message: 'a value of {className} has to be {expected}',
    cause: 'What is given as the value of a class is not how a value of that class is written.',
    remedy: 'Write it as the node shows values of that class (docs/json-view.md, docs/writing.md).',
  },
} as const satisfies ErrorEntries;
