import { hash } from 'node:crypto';

/** What a message may change of a session: an attribute, or one of its other fields. */
export type ChangeKey = string;

/** What begins all keys but those of attributes. */
const MARK = ' ';

/**
 * Attributes are what most messages change: their key is their very name, so that nothing need be made of it. All other
 * keys begin with a mark, as do those of attributes whose names begin with it.
 */
export const changeKey = {
  /** The session itself: its creation. */
  created: `${MARK}created`,
  accessed: `${MARK}accessed`,
  maxInactiveInterval: `${MARK}maxInactiveInterval`,
  authType: `${MARK}authType`,
  principal: `${MARK}principal`,
  attribute: (name: string): ChangeKey => (name.startsWith(MARK) ? `${MARK}attribute ${name}` : name),
  note: (name: string): ChangeKey => `${MARK}note ${name}`,
  /** Listeners have no names: equal bytes are the same listener. */
  listener: (stream: Buffer): ChangeKey => `${MARK}listener ${hash('sha256', stream, 'base64')}`,
} as const;
