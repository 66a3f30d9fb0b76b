import type { ErrorEntries } from './error-entry.js';

export const sessionErrors = {
  TRIBES_E_MAP_FULL: {
    message: 'there is no room for another entry of the replicated map "{name}"',
    cause:
      'The replicated maps of this node have session.maxMapEntries entries, or session.maxMapBytes of values.',
    remedy: 'Remove entries, or raise the setting.',
  },
  TRIBES_E_MAP_NAME: {
    message: 'the replicated map "{name}" {problem}',
    cause: 'The program opens a map under a name that no map can have here, or where maps are not joined.',
    remedy: 'Choose another name, or set backup.mode to "member".',
  },
  TRIBES_E_SESSION_EVENT: {
    message: 'a session message is of the unknown event type {event}',
    cause:
      'A release of Tomcat to come sends an event that this node does not know, or the message is forged.',
    remedy: 'The message was acknowledged and not used. Look for a newer version of this node.',
  },
  TRIBES_E_SESSION_INCOMPLETE: {
    message: 'a session message of type {event} has no {missing}',
    cause: 'No Tomcat sends such a message: a program that speaks the protocol badly does, or an attacker.',
    remedy: 'The message was acknowledged and not used. Find out who sends it: the log names the member.',
  },
  TRIBES_E_SESSION_UNCUT: {
    message: 'the attribute "{name}" cannot be given as a Java stream of its own',
    cause:
      'It is too large, or cannot be told from what followed it in its message without its class; that is kept, but holds what belongs to others.',
    remedy:
      'Have the application set a value whose class writes its default fields first and whose parts are serialisable.',
  },
} as const satisfies ErrorEntries;
